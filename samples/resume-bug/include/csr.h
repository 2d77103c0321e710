/* SPDX-License-Identifier: MIT */
#ifndef CSR_H
#define CSR_H

#define SSTATUS_SIE	(1UL << 1)
#define SIE_SSIE	(1UL << 1)	/* software interrupt: an IPI */
#define SIE_STIE	(1UL << 5)	/* timer interrupt */

#define CAUSE_INTERRUPT	(1UL << 63)
#define IRQ_S_SOFT	1
#define IRQ_S_TIMER	5

#define EXC_ILLEGAL_INSN	2
#define EXC_BREAKPOINT		3
#define EXC_INST_PAGE_FAULT	12
#define EXC_LOAD_PAGE_FAULT	13
#define EXC_STORE_PAGE_FAULT	15

#define csr_read(csr) ({							\
	unsigned long __v;							\
	__asm__ __volatile__("csrr %0, " #csr : "=r"(__v) : : "memory");	\
	__v;									\
})
#define csr_write(csr, v) \
	__asm__ __volatile__("csrw " #csr ", %0" : : "rK"((unsigned long)(v)) : "memory")
#define csr_set(csr, v) \
	__asm__ __volatile__("csrs " #csr ", %0" : : "rK"((unsigned long)(v)) : "memory")
#define csr_clear(csr, v) \
	__asm__ __volatile__("csrc " #csr ", %0" : : "rK"((unsigned long)(v)) : "memory")

static inline void local_irq_enable(void)
{
	csr_set(sstatus, SSTATUS_SIE);
}

static inline void local_irq_disable(void)
{
	csr_clear(sstatus, SSTATUS_SIE);
}

static inline void wait_for_interrupt(void)
{
	__asm__ __volatile__("wfi" : : : "memory");
}

static inline void local_flush_tlb_all(void)
{
	__asm__ __volatile__("sfence.vma" : : : "memory");
}

static inline void smp_mb(void)
{
	__asm__ __volatile__("fence rw, rw" : : : "memory");
}

#endif
