/** Guests that mean harm: whatever they do to page tables, traps and devices, a pause is answered and memory is bounded. */
import { describe, expect, it } from 'vitest';
import { assemble } from '../debug/dap/guests.ts';
import { openGuest } from './guest.ts';

/** Steps within which a pause has to be answered; each runs for a tenth of them before: thousands of changes. */
const STEPS = 600_000n;
/** Of the host's heap, for a machine that was made before: what following such a guest may take. */
const HEAP = 128 * 2 ** 20;

/**
 * Sv39 in S-mode: RAM and devices in gigapages where they are, tables at s1 that are used for the second gigabyte, and
 * a random number generator (xorshift) in `random`, which changes t5 and t6.
 */
const PAGED = `
  la s0, root; la s1, tables; li t0, (0x80000000 >> 2) | 0xcf; sd t0, 16(s0)
  li t0, 0xc7; sd t0, 0(s0)
  srli t0, s1, 2; ori t0, t0, 1; sd t0, 8(s0)
  li s11, 88172645463325252
  srli t0, s0, 12; li t1, 8 << 60; or t0, t0, t1; csrw satp, t0; sfence.vma; j begin
random:
  slli t5, s11, 13; xor s11, s11, t5; srli t5, s11, 7; xor s11, s11, t5; slli t5, s11, 17; xor s11, s11, t5; mv t6, s11; ret
  .balign 4096
root: .skip 4096
tables: .skip 16384
begin:`;

const GUESTS: Record<string, string> = {
  'rewrites its page tables at random': `${PAGED}
    1: call random; li t1, 0x3ff8; and t0, t6, t1; add t0, t0, s1
       call random; andi t2, t6, 3; beqz t2, 2f
       # A leaf with any permissions, or a pointer to one of its tables, itself among them, else any bits.
       addi t2, t2, -1; beqz t2, 3f
       li t1, 0x3fc0e; and t6, t6, t1; li t1, (0x80000000 >> 2) | 0xc1; or t6, t6, t1; j 2f
    3: srli t1, t6, 8; andi t1, t1, 3; slli t1, t1, 12; add t1, t1, s1; srli t6, t1, 2; ori t6, t6, 1
    2: sd t6, 0(t0); j 1b`,
  'maps one sealed frame under every address': `${PAGED}
       srli t0, s1, 2; li t1, 0x400; add t0, t0, t1; ori t0, t0, 1; sd t0, 0(s1)
       li t1, 0x1000; add s2, s1, t1; li t2, (0x80300000 >> 2) | 0xc7; li t4, (0x80300000 >> 2) | 0xc3
    1: li t3, 512; mv t0, s2
    2: sd t2, 0(t0); sd t4, 0(t0); addi t0, t0, 8; addi t3, t3, -1; bnez t3, 2b; j 1b`,
  'switches between page tables without end': `${PAGED}
       csrr s2, satp; li t0, 0x80000000 >> 12; srli t1, s1, 12; li t2, 8 << 60; or s3, t1, t2
       la t3, tables; li t0, (0x80000000 >> 2) | 0xcf; sd t0, 16(t3)
    1: csrw satp, s3; csrw satp, s2; j 1b`,
  'spins in its trap handler': 'la t0, 1f; csrw stvec, t0; .balign 4; 1: .4byte 0; j 1b',
  'storms itself with interrupts': `
       la t0, 2f; csrw stvec, t0; csrsi sie, 2; csrsi sstatus, 2
    1: csrsi sip, 2; j 1b
       .balign 4
    2: csrci sip, 2; csrsi sip, 2; sret`,
};

describe('a guest that', () => {
  it.each(Object.entries(GUESTS))('%s', async (name, source) => {
    const program = assemble(`hostile-${name.replaceAll(' ', '-')}`, source.replaceAll(';', '\n'));
    const { session } = await openGuest({
      program,
      harts: 1,
      firmware: 'builtin',
      sealed: ['0x80300000..0x80302000'],
    });
    const before = process.memoryUsage().heapUsed;
    const going = session.run.continue();
    while (session.run.step < STEPS / 10n) await new Promise(setImmediate);
    session.run.pause();
    const asked = session.run.step;
    expect(await going).toMatchObject({ kind: 'stop', reason: 'pause' });
    // As far as a slice of a few milliseconds brings it.
    expect(session.run.step - asked).toBeLessThan(STEPS);
    // What was followed can be asked for; the guests without page tables have nothing that could be.
    const { entries } = session.timeline.page({}, 10);
    expect(entries.length > 0).toBe(source.startsWith(PAGED));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(HEAP);
    session.close();
  });
});
