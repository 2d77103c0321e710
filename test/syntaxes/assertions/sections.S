// SYNTAX TEST "source.asm.gnu" "sections and instructions in assembly"

	.section .data..ro_after_init, "aw", @progbits
// <~-------- storage.modifier.section.sealscope
//        ^^^^^^^^^^^^^^^^^^^^ entity.name.type.section.sealed.sealscope
//                               ^^ string.quoted.double.asm
	.pushsection ".init.rodata", "a"
// <~------------ storage.modifier.section.sealscope
//             ^^^^^^^^^^^^ entity.name.type.section.init.sealscope
	.popsection
// <~----------- support.function.directive.asm
__INIT
// <------ storage.modifier.init.sealscope
	__REFDATA
// <~--------- storage.modifier.placed.sealscope
	__INITRODATA
// <~------------ storage.modifier.init.sealscope
SYM_FUNC_START(resume)
// <-------------- support.function.directive.asm
//             ^^^^^^ entity.name.function.label.asm
1:	sd	ra, 8(sp)	/* a store */
// <- entity.name.function.label.asm
// ^^ keyword.mnemonic.store.riscv
//    ^^ variable.language.register.riscv
//        ^ constant.numeric.asm
//          ^^ variable.language.register.riscv
//                 ^^^^^^^ comment.block.asm
	csrw	satp, t0
// <~---- keyword.control.privileged.riscv
//    ^^^^ - keyword
//          ^^ variable.language.register.riscv
	amoadd.w.aqrl zero, t1, (a0)
// <~------------- keyword.mnemonic.store.riscv
	bnez	t0, 1b	# once more
// <~---- keyword.control.branch.riscv
//        ^^ constant.other.label.asm
//             ^^^^^^^^^ comment.line.number-sign.asm
	sfence.vma
// <~---------- keyword.control.privileged.riscv
	save_all from=a0 # ours
// <~-------- support.function.macro.asm
	.macro	jump_to where
// <~------ storage.type.macro.asm
//      ^^^^^^^ entity.name.function.macro.asm
	la	a0, \where
// <~-- keyword.mnemonic.load.riscv
//      ^^^^^^ variable.parameter.macro.asm
	.endm
// <~----- storage.type.macro.asm
#define SIZE 16
// <~------ keyword.control.directive.asm
//      ^^^^ entity.name.function.preprocessor.asm
# a comment in column one
//^^^^^^^^^ comment.line.number-sign.asm
/* .section .init.text */
// ^^^^^^^^ comment.block.asm - storage.modifier.section.sealscope
