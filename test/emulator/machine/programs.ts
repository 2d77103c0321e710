/** Programs that several tests run. */
import { assemble, type Guest } from './guest.ts';

/**
 * Two harts under built-in firmware that disturb each other in every way there is: a lock, a shared counter, IPIs,
 * timer interrupts, wfi, LR/SC, console output, self-modifying code and page tables. Ends after `rounds`.
 */
export function contention(rounds: number): Guest {
  return assemble(`
      la t0, table
      li t1, (0x80000000 >> 2) | 0xcf
      sd t1, 16(t0)
      li t1, 0xc7
      sd t1, 0(t0)
      la a1, second; li a0, 1; sbi HSM, 0
      li s0, 0
      j common
    second:
      li s0, 1
    common:
      la t0, table; srli t0, t0, 12; li t1, 8 << 60; or t0, t0, t1
      csrw satp, t0; sfence.vma
      la t0, trap; csrw stvec, t0
      li t0, 0x222; csrs sie, t0
      csrsi sstatus, 2
      li s1, ${rounds}
    round:
      la t0, lock; li t1, 1
    spin: amoswap.w.aq t2, t1, (t0)
      bnez t2, spin
      la t3, counter; lw t2, 0(t3); addi t2, t2, 1; sw t2, 0(t3)
    again: addi t3, t3, 8
      lr.d t2, (t3); add t2, t2, s1; sc.d t4, t2, (t3)
      addi t3, t3, -8
      bnez t4, again
      amoswap.w.rl zero, zero, (t0)
      andi t0, s1, 127; addi t0, t0, -8; bnez t0, no_ipi
      li t0, 2; srl a0, t0, s0; li a1, 0; sbi IPI
    no_ipi:
      andi t0, s1, 63; bnez t0, no_timer
      rdtime a0; li t0, 2000; add a0, a0, t0; sbi TIME
      li t0, 32; csrs sie, t0
      wfi
      andi t1, s0, 1; addi t1, t1, 'a'; putc t1
    no_timer:
      la t0, patched; lw t1, 0(t0); xor t2, s1, s1; li t2, 1 << 20; xor t1, t1, t2; sw t1, 0(t0); fence.i
    patched: addi t0, zero, 1
      add s2, s2, t0
      addi s1, s1, -1
      bnez s1, round
      la t0, done; li t1, 1; amoadd.w t2, t1, (t0)
      beqz t2, parked
      finish 0
    parked: csrw sie, zero
    sleep: wfi
      j sleep
    .balign 4
    trap:
      csrw sscratch, t0
      csrr t0, scause; bgez t0, bad
      li t0, 2; csrc sip, t0
      csrr t0, sip; andi t0, t0, 32; csrc sie, t0
      csrr t0, sscratch
      sret
    bad: finish 1
    .balign 8
    lock: .word 0
    done: .word 0
    counter: .dword 0
    sum: .dword 0
    .balign 4096
    table: .skip 4096`);
}
