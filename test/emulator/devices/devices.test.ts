import { describe, expect, test } from 'vitest';
import { Bus } from '../../../emulator/devices/bus.ts';
import { Clint } from '../../../emulator/devices/clint.ts';
import type { Device } from '../../../emulator/devices/device.ts';
import { Finisher } from '../../../emulator/devices/finisher.ts';
import { tohostExit } from '../../../emulator/devices/htif.ts';
import { InputQueue } from '../../../emulator/devices/input.ts';
import { Plic } from '../../../emulator/devices/plic.ts';
import { StateReader, StateWriter } from '../../../emulator/devices/state.ts';
import { Uart } from '../../../emulator/devices/uart.ts';
import { CLINT_BASE, PLIC_BASE, UART_BASE } from '../../../emulator/memoryMap.ts';

/** Interrupt wires as `hart:bit` while they are up. */
function wires(): { up: Set<string>; drive: (hart: number, interrupt: number, level: boolean) => void } {
  const up = new Set<string>();
  return {
    up,
    drive(hart, bit, level) {
      if (level) up.add(`${hart}:${bit}`);
      else up.delete(`${hart}:${bit}`);
    },
  };
}

/** What a fresh device of the same kind makes of the saved state. */
function copyState<D extends Device>(from: D, to: D): D {
  const writer = new StateWriter();
  from.visit(writer);
  to.visit(new StateReader(writer.finish()));
  return to;
}

function registers(device: Device, offsets: readonly number[], width: number): bigint[] {
  return offsets.map((offset) => device.read(offset, width));
}

describe('CLINT', () => {
  const time = {
    now: 100n,
    read: (): bigint => time.now,
    write: (value: bigint): bigint => (time.now = value),
  };
  const make = (harts = 2): { clint: Clint; up: Set<string>; deadlines: { changed: number } } => {
    time.now = 100n;
    const { up, drive } = wires();
    const deadlines = { changed: 0 };
    const clint = new Clint(harts, {
      time,
      wire: drive,
      timerInterrupt: 7,
      deadlineChanged() {
        deadlines.changed++;
      },
    });
    return { clint, up, deadlines };
  };

  test('a timer is pending while mtime ≥ mtimecmp', () => {
    const { clint, up, deadlines } = make();
    clint.write(0x4008, 8, 150n);
    expect([...up], 'not yet').toEqual([]);
    expect(clint.nextEvent()).toBe(150n);
    expect(deadlines.changed).toBe(1);
    time.now = 150n;
    clint.update();
    expect([...up]).toEqual(['1:7']);
    expect(clint.nextEvent(), 'elapsed').toBeUndefined();
    clint.write(0x4008, 8, 151n);
    expect([...up]).toEqual([]);
  });

  test('mtimecmp and mtime take halves', () => {
    const { clint } = make();
    clint.write(0x4000, 4, 0x1234n);
    clint.write(0x4004, 4, 1n);
    expect(clint.read(0x4000, 8)).toBe(0x1_0000_1234n);
    expect(clint.read(0x4004, 4)).toBe(1n);
    clint.write(0xbffc, 4, 2n);
    expect(time.now).toBe(0x2_0000_0064n);
    expect(registers(clint, [0xbff8, 0xbffc], 4)).toEqual([100n, 2n]);
  });

  test('msip is one bit a hart', () => {
    const { clint, up } = make();
    clint.write(4, 4, 0xffff_ffffn);
    expect([...up]).toEqual(['1:3']);
    expect(registers(clint, [0, 4], 4)).toEqual([0n, 1n]);
    expect(clint.read(0, 8)).toBe(1n << 32n);
    clint.write(0, 8, 1n);
    expect([...up]).toEqual(['0:3']);
  });

  test('harts that do not exist read 0 and ignore writes', () => {
    const { clint, up } = make(1);
    for (const offset of [4, 0x3ffc, 0x4008, 0xbff0]) {
      clint.write(offset, 4, 1n);
      expect(clint.read(offset, 4)).toBe(0n);
    }
    expect([...up]).toEqual([]);
  });

  test('state survives a copy', () => {
    const { clint } = make();
    clint.write(4, 4, 1n);
    clint.write(0x4000, 8, 77n);
    const copy = copyState(clint, make().clint);
    expect(registers(copy, [0x4000, 0x4008], 8)).toEqual([77n, 0xffff_ffff_ffff_ffffn]);
    expect(copy.read(4, 4)).toBe(1n);
  });
});

describe('PLIC', () => {
  const S0 = 1;
  const enable = (context: number, word = 0): number => 0x2000 + context * 0x80 + word * 4;
  const threshold = (context: number): number => 0x20_0000 + context * 0x1000;
  const claim = (context: number): number => threshold(context) + 4;
  const make = (): { plic: Plic; up: Set<string> } => {
    const { up, drive } = wires();
    return { plic: new Plic(2, drive), up };
  };
  const set = (plic: Plic, values: Readonly<Record<number, bigint>>): void => {
    for (const [offset, value] of Object.entries(values)) plic.write(Number(offset), 4, value);
  };

  test('claim and complete of a level-triggered source', () => {
    const { plic, up } = make();
    set(plic, { [10 * 4]: 1n, [enable(S0)]: 1n << 10n });
    plic.setSource(10, true);
    expect([...up]).toEqual(['0:9']);
    expect(plic.read(claim(S0))).toBe(10n);
    expect([...up], 'claimed').toEqual([]);
    expect(plic.read(claim(S0)), 'nothing more').toBe(0n);
    plic.write(claim(S0), 4, 10n);
    expect([...up], 'completed, and the level is still high').toEqual(['0:9']);
    plic.setSource(10, false);
    expect([...up], 'what was requested stays').toEqual(['0:9']);
    expect([plic.read(claim(S0)), plic.read(0x1000)]).toEqual([10n, 0n]);
    plic.write(claim(S0), 4, 10n);
    expect([...up]).toEqual([]);
  });

  test('highest priority first, then lowest number; above the threshold only', () => {
    const { plic, up } = make();
    set(plic, {
      [3 * 4]: 2n,
      [5 * 4]: 7n,
      [40 * 4]: 7n,
      [enable(S0)]: 0xffff_ffffn,
      [enable(S0, 1)]: 0xffff_ffffn,
    });
    for (const source of [3, 5, 40]) plic.setSource(source, true);
    expect(plic.read(0x1000)).toBe((1n << 3n) | (1n << 5n));
    expect(plic.read(0x1004)).toBe(1n << 8n);
    expect([1, 2].map(() => plic.read(claim(S0)))).toEqual([5n, 40n]);
    set(plic, { [threshold(S0)]: 2n });
    expect([...up]).toEqual([]);
    expect(plic.read(claim(S0))).toBe(0n);
    set(plic, { [threshold(S0)]: 1n });
    expect([...up]).toEqual(['0:9']);
  });

  test('contexts are M and S of each hart', () => {
    for (const [context, wire] of ['0:11', '0:9', '1:11', '1:9'].entries()) {
      const { plic, up } = make();
      set(plic, { 4: 1n, [enable(context)]: 2n });
      plic.setSource(1, true);
      expect([...up]).toEqual([wire]);
    }
  });

  test('there are 96 sources; others and unknown registers hold nothing', () => {
    const { plic } = make();
    for (const offset of [0, 97 * 4, 0xffc, 0x1000, enable(4), 0x1f_fffc, threshold(4), 0x20_0008]) {
      plic.write(offset, 4, 0xffff_ffffn);
      expect(plic.read(offset), `0x${offset.toString(16)}`).toBe(0n);
    }
    plic.write(96 * 4, 4, 0xffff_ffffn);
    expect(plic.read(96 * 4), 'three bits of priority').toBe(7n);
    for (const [word, value] of [0xffff_fffen, 0xffff_ffffn, 0xffff_ffffn, 1n].entries()) {
      plic.write(enable(S0, word), 4, 0xffff_ffffn);
      expect(plic.read(enable(S0, word)), `enable word ${word}`).toBe(value);
    }
  });

  test('completing what was not enabled or does not exist changes nothing', () => {
    const { plic, up } = make();
    set(plic, { [10 * 4]: 1n, [enable(S0)]: 1n << 10n });
    plic.setSource(10, true);
    plic.read(claim(S0));
    set(plic, { [claim(0)]: 10n, [claim(S0)]: 11n });
    plic.write(claim(S0), 4, 0xffff_ffffn);
    expect([...up]).toEqual([]);
  });

  test('state survives a copy', () => {
    const { plic } = make();
    set(plic, { [10 * 4]: 1n, [enable(S0)]: 1n << 10n, [threshold(3)]: 5n });
    plic.setSource(10, true);
    plic.read(claim(S0));
    const { plic: fresh, up } = make();
    const copy = copyState(plic, fresh);
    expect(registers(copy, [10 * 4, enable(S0), threshold(3)], 4)).toEqual([1n, 1n << 10n, 5n]);
    copy.write(claim(S0), 4, 10n);
    expect([...up], 'it was claimed, and its level was high').toEqual(['0:9']);
  });
});

describe('UART', () => {
  interface Bench {
    uart: Uart;
    sent: number[];
    arriving: number[];
    irq: () => boolean;
  }
  const make = (): Bench => {
    const sent: number[] = [];
    const arriving: number[] = [];
    let level = false;
    const uart = new Uart({
      send: (byte) => void sent.push(byte),
      receive: () => arriving.shift(),
      interrupt: (up) => void (level = up),
    });
    return { uart, sent, arriving, irq: () => level };
  };
  const put = (uart: Uart, register: number, value: number): void => uart.write(register, 1, BigInt(value));
  const get = (uart: Uart, register: number): number => Number(uart.read(register));

  test('sends at once, and is always ready to', () => {
    const { uart, sent } = make();
    for (const byte of [0x41, 0xff]) put(uart, 0, byte);
    expect(sent).toEqual([0x41, 0xff]);
    expect(get(uart, 5)).toBe(0x60);
  });

  test('the divisor hides behind DLAB', () => {
    const { uart, sent } = make();
    put(uart, 3, 0x83);
    put(uart, 0, 0x34);
    put(uart, 1, 0x12);
    expect([get(uart, 0), get(uart, 1), get(uart, 3)]).toEqual([0x34, 0x12, 0x83]);
    put(uart, 3, 0x03);
    expect([get(uart, 1), get(uart, 3), sent.length]).toEqual([0, 3, 0]);
  });

  test('receives one byte without, sixteen with the FIFO; the rest waits', () => {
    const { uart, arriving } = make();
    arriving.push(...Array.from({ length: 20 }, (_, i) => i));
    uart.poll();
    expect([get(uart, 5) & 1, arriving.length]).toEqual([1, 19]);
    put(uart, 2, 1);
    expect(arriving.length, 'switching the FIFO on empties it').toBe(3);
    const received = [];
    while ((get(uart, 5) & 1) !== 0) received.push(get(uart, 0));
    expect(received).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
  });

  test('interrupts: received data before THR empty, and reading IIR clears the latter', () => {
    const { uart, arriving, irq } = make();
    put(uart, 1, 3);
    expect([irq(), get(uart, 2)]).toEqual([true, 2]);
    expect([irq(), get(uart, 2)]).toEqual([false, 1]);
    put(uart, 0, 0x41);
    arriving.push(0x42);
    uart.poll();
    expect([get(uart, 2), get(uart, 0), get(uart, 2), irq()]).toEqual([4, 0x42, 2, false]);
  });

  test('the wire tells of an empty THR until the interrupt is taken, IIR until it is read', () => {
    const { uart, arriving, irq } = make();
    put(uart, 1, 3);
    uart.interruptTaken();
    expect([irq(), get(uart, 5) & 0x20, irq(), get(uart, 2)]).toEqual([false, 0x20, false, 2]);
    put(uart, 0, 0x41);
    expect(irq(), 'sent: empty anew').toBe(true);
    uart.interruptTaken();
    arriving.push(0x42);
    uart.poll();
    uart.interruptTaken();
    expect(irq(), 'data is told of until it is read').toBe(true);
  });

  test('below the FIFO trigger level data comes as a timeout', () => {
    const { uart, arriving, irq } = make();
    put(uart, 2, 0x41);
    put(uart, 1, 1);
    arriving.push(1);
    uart.poll();
    expect([get(uart, 2), irq()]).toEqual([0xcc, true]);
    arriving.push(2, 3, 4);
    uart.poll();
    expect(get(uart, 2)).toBe(0xc4);
  });

  test('loopback returns what is sent and turns MCR into MSR', () => {
    const { uart, sent, irq } = make();
    expect(get(uart, 6)).toBe(0xb0);
    put(uart, 4, 0x1a);
    expect(get(uart, 6) & 0xf0, 'what Linux probes for').toBe(0x90);
    put(uart, 0, 0x55);
    put(uart, 0, 0x56);
    expect([sent.length, get(uart, 5)]).toEqual([0, 0x63]);
    put(uart, 1, 4);
    put(uart, 0, 0x57);
    expect([irq(), get(uart, 2)]).toEqual([true, 6]);
    expect([get(uart, 5) & 2, irq()], 'reading LSR clears the overrun').toEqual([2, false]);
    expect(get(uart, 0)).toBe(0x55);
  });

  test('scratch, and registers that are not there', () => {
    const { uart } = make();
    put(uart, 7, 0xa5);
    put(uart, 9, 0xff);
    expect([get(uart, 7), get(uart, 9)]).toEqual([0xa5, 0]);
  });

  test('state survives a copy', () => {
    const { uart, arriving } = make();
    put(uart, 2, 0xc1);
    put(uart, 1, 3);
    put(uart, 7, 9);
    arriving.push(7, 8);
    uart.poll();
    const copy = copyState(uart, make().uart);
    expect([get(copy, 7), get(copy, 1), get(copy, 2), get(copy, 0), get(copy, 0), get(copy, 2)]).toEqual([
      9, 3, 0xcc, 7, 8, 0xc2,
    ]);
  });
});

test.each<[number, number, unknown[]]>([
  [0, 0x5555, ['pass', 0]],
  [0, 0x3333 | (7 << 16), ['fail', 7]],
  [0, 0xffff_3333, ['fail', 0xffff]],
  [0, 0x7777, ['reboot', 0]],
  [0, 0x1234, []],
  [4, 0x5555, []],
])('finisher: offset %i, value 0x%x', (offset, value, expected) => {
  const seen: unknown[] = [];
  new Finisher((...end) => seen.push(...end)).write(offset, 4, BigInt(value));
  expect(seen).toEqual(expected);
});

test.each<[bigint, unknown]>([
  [0n, undefined],
  [1n, { reason: 'pass', status: 0 }],
  [7n, { reason: 'fail', status: 3 }],
  [0x0101_0000_0000_0041n, { reason: 'fail', status: 0x20 }],
  [0x0101_0000_0000_0042n, undefined],
])('tohost 0x%x', (value, expected) => {
  expect(tohostExit(value)).toEqual(expected);
});

describe('input', () => {
  test('arrives at its time, in order, and the log stays', () => {
    const queue = new InputQueue();
    queue.push(Uint8Array.of(1, 2), 10n);
    queue.push(Uint8Array.of(3), 5n);
    queue.push(new Uint8Array(0), 5n);
    expect([queue.take(9n), queue.nextArrival(9n), queue.take(10n)]).toEqual([undefined, 10n, 1]);
    expect([queue.take(10n), queue.take(10n), queue.take(10n)]).toEqual([2, 3, undefined]);
    expect(queue.nextArrival(10n)).toBeUndefined();
    expect(queue.log.map(({ time }) => time)).toEqual([10n, 10n]);
  });
});

test('the bus answers aligned accesses of the right width within a device', () => {
  const { drive } = wires();
  const uart = new Uart({ send: () => undefined, receive: () => undefined, interrupt: () => undefined });
  const bus = new Bus([new Plic(1, drive), uart]);
  const accepted: [bigint, number, boolean][] = [
    [BigInt(UART_BASE), 1, true],
    [BigInt(UART_BASE) + 0xf8n, 8, true],
    [BigInt(UART_BASE) + 0xffn, 2, false],
    [BigInt(UART_BASE) + 0x100n, 1, false],
    [BigInt(PLIC_BASE), 4, true],
    [BigInt(PLIC_BASE) + 2n, 4, false],
    [BigInt(PLIC_BASE), 8, false],
    [BigInt(CLINT_BASE), 4, false],
    [0xffff_ffff_ffff_fff8n, 8, false],
  ];
  for (const [address, width, expected] of accepted) {
    expect([address, width, bus.accepts(address, width)]).toEqual([address, width, expected]);
  }
  bus.write(BigInt(UART_BASE) + 7n, 1, 0x1ffn);
  expect([bus.read(BigInt(UART_BASE) + 7n, 1), bus.read(0n, 4)]).toEqual([0xffn, 0n]);
});
