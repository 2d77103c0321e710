import { beforeAll, describe, expect, test } from 'vitest';
import type { Machine, Stop } from '../../../emulator/index.ts';
import type { Guest, Running } from './guest.ts';
import { assemble, start } from './guest.ts';
import { contention } from './programs.ts';

const ROUNDS = 700;
const HARTS = 2;
const QUANTUM = 97;
/** Well inside the program. */
const MIDDLE = 20_000n;

let guest: Guest;
let finalStep: bigint;
/** Hashes and console of an undisturbed run, in the middle and at the end. */
let reference: { middle: string; end: string; console: string };

const begin = (): Promise<Running> => start(guest.image, { harts: HARTS, quantum: QUANTUM });

beforeAll(async () => {
  guest = contention(ROUNDS);
  const { machine, console } = await begin();
  expect(machine.run(MIDDLE)).toEqual({ kind: 'limit' });
  const middle = machine.stateHash();
  expect(machine.run(10_000_000n)).toEqual({ kind: 'exit', reason: 'pass', status: 0 });
  reference = { middle, end: machine.stateHash(), console: console() };
  finalStep = machine.step;
  expect(finalStep).toBeGreaterThan(MIDDLE * 2n);
  expect(machine.idleSteps, 'the program waits, too').toBeGreaterThan(0n);
});

/** Deterministic random numbers below `limit`. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Ways to get through a run that must not change it. */
const manners: Readonly<Record<string, (machine: Machine) => void>> = {
  'in one go': (machine) => {
    machine.run(10_000_000n);
  },
  'step by step for a while': (machine) => {
    for (let i = 0; i < 5000; i++) machine.run(1n);
    machine.run(10_000_000n);
  },
  'in random slices': (machine) => {
    const below = random(7);
    while (machine.run(BigInt(below(300))).kind === 'limit');
  },
  'cut short by calls to TypeScript': (machine) => {
    let cuts = 0;
    while (machine.run(10_000_000n, { calls: 5 }).kind === 'limit') cuts++;
    expect(cuts).toBeGreaterThan(20);
  },
  'single steps of alternating harts': (machine) => {
    for (let i = 0; i < 2000; i++) machine.run(1_000_000n, { stepHart: i % HARTS });
    machine.run(10_000_000n);
  },
  'with breakpoints that come and go': (machine) => {
    const places = ['round', 'patched', 'trap', 'spin'].map((name) => guest.symbols.get(name)!);
    for (let hits = 0; ; hits++) {
      machine.breakpoints.add(places[hits % places.length]!);
      if (hits % 5 === 4) machine.breakpoints.clear();
      if (hits > 500) machine.breakpoints.clear();
      if (machine.run(10_000_000n).kind === 'exit') return;
    }
  },
  'with watches': (machine) => {
    const start = guest.symbols.get('counter')!;
    machine.watches.add({ space: 'virtual', start, length: 8n, access: 'readWrite' });
    machine.watches.add({ space: 'physical', start, length: 4096n, access: 'write', observe: () => false });
    while (machine.run(10_000_000n).kind === 'watch');
  },
  'with every trap caught': (machine) => {
    machine.trapFilter = { exceptions: 0xffff_ffffn, interrupts: 0xffff_ffffn };
    while (machine.run(10_000_000n).kind === 'trap');
  },
  'with observers and requests to stop': (machine) => {
    machine.observe({
      console: () => machine.requestStop(),
      hart: () => machine.requestStop(),
      tlbFlushed: () => machine.requestStop(),
      satpWritten: () => machine.requestStop(),
    });
    while (machine.run(10_000_000n).kind === 'request');
  },
  'with a debugger that looks around': (machine) => {
    while (machine.run(1000n).kind === 'limit') {
      for (const { id, pc } of machine.harts) {
        machine.virtual.translate(id, pc);
        machine.virtual.tlbEntries(id);
        machine.virtual.write(id, pc, machine.virtual.read(id, pc, 16));
        machine.harts[id]!.csr(0x344);
      }
      machine.stateHash();
    }
  },
  'with snapshots restored on the way': (machine) => {
    let snapshot = machine.snapshot();
    for (let i = 0; i < 20; i++) {
      machine.run(1500n);
      machine.restore(snapshot);
      machine.run(700n);
      snapshot = machine.snapshot();
    }
    machine.run(10_000_000n);
  },
};

describe('a run ends in the same state', () => {
  test.each(Object.entries(manners))('%s', async (_, drive) => {
    const { machine } = await begin();
    drive(machine);
    expect(machine.exit).toEqual({ kind: 'exit', reason: 'pass', status: 0 });
    expect([machine.step, machine.stateHash()]).toEqual([finalStep, reference.end]);
  });
});

test('a pause does not show in what the TLBs hold, where data has the place of the code that runs', async () => {
  const { image } = assemble(`
      la t0, table
      li t1, (0x80000000 >> 2) | 0xcf
      sd t1, 16(t0)
      li t1, 0xc7
      sd t1, 0(t0)
      srli t0, t0, 12; li t1, 8 << 60; or t0, t0, t1
      csrw satp, t0; sfence.vma
      la t0, _start; li t1, 0x401000; xor t0, t0, t1
      lb t2, 0(t0)
      .rept 16
      nop
      .endr
      finish 0
    .balign 4096
    table: .skip 4096`);
  const { machine } = await start(image);
  machine.run(1000n);
  expect(machine.exit).toMatchObject({ reason: 'pass' });
  for (let pause = 1n; pause < machine.step; pause++) {
    const paused = await start(image);
    paused.machine.run(pause);
    paused.machine.run(1000n);
    expect([pause, paused.machine.stateHash()]).toEqual([pause, machine.stateHash()]);
  }
});

describe('snapshots', () => {
  test('a restored machine goes on as the first time, whatever happened in between', async () => {
    const { machine } = await begin();
    machine.run(MIDDLE);
    expect(machine.stateHash()).toBe(reference.middle);
    const snapshot = machine.snapshot();
    machine.run(10_000_000n);
    machine.memory.write(guest.symbols.get('patched')!, Uint8Array.of(0, 0, 0, 0));
    machine.restore(snapshot);
    expect([machine.step, machine.exit, machine.stateHash()]).toEqual([MIDDLE, undefined, reference.middle]);
    machine.run(10_000_000n);
    expect(machine.stateHash()).toBe(reference.end);
  });

  test('another machine of the same configuration takes it over', async () => {
    const [one, other] = [await begin(), await begin()];
    one.machine.run(MIDDLE);
    other.machine.run(100n);
    other.machine.restore(one.machine.snapshot());
    other.machine.run(10_000_000n);
    expect(other.machine.stateHash()).toBe(reference.end);
  });
});

describe('the hash', () => {
  test.each<[string, (machine: Machine) => void]>([
    ['a register', (machine) => machine.harts[1]!.setRegister(9, 1n)],
    ['a pc', (machine) => void (machine.harts[0]!.pc += 4n)],
    ['a CSR', (machine) => machine.harts[0]!.setCsr(0x340, 1n)],
    ['a byte of RAM', (machine) => machine.memory.write(0x80ff_ffffn, Uint8Array.of(1))],
    ['a TLB entry', (machine) => machine.flushTlbs()],
    ['one more step', (machine) => machine.run(1n)],
  ])('changes with %s', async (_, change) => {
    const { machine } = await begin();
    machine.run(MIDDLE);
    change(machine);
    machine.run(0n);
    expect(machine.stateHash()).not.toBe(reference.middle);
  });

  test('the quantum decides the interleaving', async () => {
    const { machine } = await start(guest.image, { harts: HARTS, quantum: QUANTUM + 1 });
    const stop: Stop = machine.run(10_000_000n);
    expect(stop.kind).toBe('exit');
    expect(machine.stateHash()).not.toBe(reference.end);
  });
});

test('recorded input makes the same run again', async () => {
  const echo = assemble(`
      li s0, 0x10000000
      li t0, 1; sb t0, 2(s0); sb t0, 1(s0)
      li t1, 0x0c000028; li t0, 1; sw t0, 0(t1)
      li t1, 0x0c002080; li t0, 1 << 10; sw t0, 0(t1)
      li t0, 0x200; csrs sie, t0
      li s3, 0x0c201004
    wait: wfi
      lw s2, 0(s3)
    more: lb t0, 5(s0); andi t0, t0, 1; beqz t0, done
      lb t0, 0(s0); rdtime s4; add s5, s5, s4; sb t0, 0(s0)
      li t1, '.'; beq t0, t1, end
      j more
    done: sw s2, 0(s3); j wait
    end: finish 0`);
  const live = await start(echo.image);
  expect(live.machine.run(1000n)).toEqual({ kind: 'idle' });
  live.machine.sendInput(Buffer.from('hello, world'));
  expect(live.machine.run(100n)).toEqual({ kind: 'limit' });
  live.machine.sendInput(Buffer.from('!'), live.machine.step + live.machine.idleSteps + 5000n);
  live.machine.sendInput(Buffer.from('.'), live.machine.step + live.machine.idleSteps + 9000n);
  expect(live.machine.run(100_000n)).toMatchObject({ kind: 'exit', reason: 'pass' });
  expect(live.console()).toBe('hello, world!.');

  const replay = await start(echo.image);
  for (const { bytes, time } of live.machine.inputLog) replay.machine.sendInput(bytes, time);
  replay.machine.run(100_000n);
  expect(replay.machine.stateHash()).toBe(live.machine.stateHash());
});
