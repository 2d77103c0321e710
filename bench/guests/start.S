# Runs main() in M-mode on hart 0 with a stack, then ends the run. Both ways of ending are there, since peers differ
# in what they have: the test finisher of QEMU's virt, and HTIF's tohost.
	.section .text.start, "ax"
	.globl	_start
_start:	csrr	t0, mhartid
	bnez	t0, .
	la	sp, stack_top
	la	t0, trapped
	csrw	mtvec, t0
	call	main
	la	t0, tohost
	li	t1, 1
	sd	t1, 0(t0)
	li	t0, 0x100000
	li	t1, 0x5555
	sw	t1, 0(t0)
	j	.
	.balign	4
	# Spike has no finisher: the store traps there, and tohost has already been seen.
trapped:
	j	.
	.section .tohost, "aw"
	.balign	64
	.globl	tohost, fromhost
tohost:	.dword	0
	.balign	64
fromhost: .dword 0
	.bss
	.balign	16
	.skip	65536
stack_top:
