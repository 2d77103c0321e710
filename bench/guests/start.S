# Runs main() on hart 0 in S-mode under Sv39 with 4 KiB pages, as a kernel runs, then ends the run. Both ways of ending
# are there, since peers differ in what they have: the test finisher of QEMU's virt, and HTIF's tohost.
	.section .text.start, "ax"
	.globl	_start
_start:	csrr	t0, mhartid
	bnez	t0, .
	la	sp, stack_top
	la	t0, trapped
	csrw	mtvec, t0
	csrw	stvec, t0
	# Page tables: a 1 GiB leaf for the devices, 4 KiB leaves for 16 MiB of RAM.
	la	t0, root
	li	t1, 0xc7		# V R W A D
	sd	t1, 0(t0)
	la	t1, middle
	srli	t2, t1, 2
	ori	t2, t2, 1
	sd	t2, 16(t0)
	la	t2, leaves
	li	t3, 8
1:	srli	t4, t2, 2
	ori	t4, t4, 1
	sd	t4, 0(t1)
	addi	t1, t1, 8
	li	t4, 4096
	add	t2, t2, t4
	addi	t3, t3, -1
	bnez	t3, 1b
	la	t1, leaves
	li	t2, 0x80000000 >> 2 | 0xcf	# V R W X A D
	li	t3, 16 << 20 >> 12
2:	sd	t2, 0(t1)
	addi	t1, t1, 8
	addi	t2, t2, 1024
	addi	t3, t3, -1
	bnez	t3, 2b
	srli	t0, t0, 12
	li	t1, 8 << 60
	or	t0, t0, t1
	csrw	satp, t0
	sfence.vma
	li	t0, -1
	csrw	pmpaddr0, t0
	li	t0, 0x1f
	csrw	pmpcfg0, t0
	li	t0, 0x1800
	csrc	mstatus, t0
	li	t0, 0x0800
	csrs	mstatus, t0
	la	t0, supervisor
	csrw	mepc, t0
	mret
supervisor:
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
	.balign	4096
root:	.skip	4096
middle:	.skip	4096
leaves:	.skip	8 * 4096
	.skip	65536
stack_top:
