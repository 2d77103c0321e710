import { describe, expect, test } from 'vitest';
import { BlockFunction } from '../../../emulator/devices/virtio/block.ts';
import { ConsoleFunction } from '../../../emulator/devices/virtio/console.ts';
import { CopyOnWriteDisk, type DiskSource } from '../../../emulator/devices/virtio/disk.ts';
import { EntropyFunction } from '../../../emulator/devices/virtio/entropy.ts';
import { MAX_CHAIN_BYTES } from '../../../emulator/devices/virtio/queue.ts';
import { type Descriptor, Driver, FLAG, LATENCY, RAM } from './virtioDriver.ts';

const NEEDS_RESET = 64;
const [READ, WRITE, FLUSH, GET_ID] = [0, 1, 4, 8];
const [OK, IO_ERROR, UNSUPPORTED] = [0, 1, 2];

/** Every byte tells where it is. */
function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index >> 9) ^ (index * 7));
}

function sourceOf(bytes: Uint8Array): DiskSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

function header(type: number, sector: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(0, type, true);
  view.setBigUint64(8, sector, true);
  return new Uint8Array(view.buffer);
}

function blockDriver(bytes = pattern(64 << 10)): {
  driver: Driver;
  disk: CopyOnWriteDisk;
  bytes: Uint8Array;
} {
  const disk = new CopyOnWriteDisk(sourceOf(bytes));
  return { driver: new Driver(new BlockFunction(disk)).start(1), disk, bytes };
}

describe('the transport', () => {
  test('says what it is', () => {
    const { driver } = blockDriver();
    expect([0, 4, 8, 0xc].map((register) => driver.read(register))).toEqual([0x7472_6976, 2, 2, 0x554d_4551]);
    expect(driver.read(0x100), 'capacity in sectors').toBe(128);
    expect([driver.read(0x100, 1), driver.read(0x101, 1), driver.read(0x100, 2)]).toEqual([128, 0, 128]);
    expect(driver.read(0x900), 'behind the configuration').toBe(0);
    expect(driver.status).toBe(15);
  });

  test('an empty slot is device 0 and takes nothing', () => {
    const driver = new Driver(undefined).start(1);
    expect([0, 8, 0x34, 0x44, 0x70].map((register) => driver.read(register))).toEqual([
      0x7472_6976, 0, 0, 0, 0,
    ]);
  });

  test('features that it does not have keep FEATURES_OK away', () => {
    const { driver } = blockDriver();
    driver.write(0x70, 0);
    driver.write(0x24, 0);
    driver.write(0x20, 1 << 31);
    driver.write(0x70, 11);
    expect(driver.status).toBe(3);
    driver.write(0x20, 1 << 9);
    driver.write(0x70, 11);
    expect(driver.status).toBe(11);
  });

  test('serves a kick after a fixed time, and interrupts', () => {
    const { driver } = blockDriver();
    driver.describe(0, 0, { address: RAM + 0x1_0000n, length: 16, flags: FLAG.next, next: 1 });
    driver.describe(0, 1, { address: RAM + 0x2_0000n, length: 1, flags: FLAG.write, next: 0 });
    driver.ram.write(RAM + 0x1_0000n, header(FLUSH, 0n));
    driver.offer(0, 0);
    const due = driver.now + LATENCY;
    expect(driver.transport.nextEvent()).toBe(due);
    driver.now = due - 1n;
    driver.transport.service();
    expect(driver.completed(0).count).toBe(0);
    driver.now = due;
    driver.transport.service();
    expect(driver.completed(0)).toEqual({ count: 1, head: 0, written: 1 });
    expect([driver.interrupt, driver.read(0x60)]).toEqual([true, 1]);
    driver.write(0x64, 1);
    expect([driver.interrupt, driver.read(0x60)]).toEqual([false, 0]);
  });

  test('does not interrupt a driver that does not want it', () => {
    const { driver } = blockDriver();
    driver.ram.view.setUint16(0x400, 1, true);
    driver.request(0, [header(FLUSH, 0n)], [1]);
    expect([driver.completed(0).count, driver.interrupt]).toEqual([1, false]);
  });

  test('does a bounded amount of work at a time', () => {
    const { driver } = blockDriver();
    driver.write(0x70, 0);
    driver.start(1);
    driver.describe(0, 0, { address: RAM + 0x1_0000n, length: 16, flags: FLAG.next, next: 1 });
    driver.describe(0, 1, { address: RAM + 0x10_0000n, length: 3 << 20, flags: FLAG.write, next: 0 });
    driver.ram.write(RAM + 0x1_0000n, header(READ, 0n));
    for (let request = 0; request < 5; request++) driver.offer(0, 0);
    const moments = [];
    while (driver.transport.nextEvent() !== undefined) {
      driver.now = driver.transport.nextEvent()!;
      driver.transport.service();
      moments.push([driver.now - 1000n, driver.completed(0).count]);
    }
    const portions = [1n, 2n, 3n, 4n, 5n].map((portion) => [portion * LATENCY, Number(portion)]);
    expect(moments.slice(0, 5)).toEqual(portions);
  });
});

describe('block', () => {
  test('reads, in buffers cut anywhere', () => {
    const { driver, bytes } = blockDriver();
    const head = header(READ, 3n);
    const { answer, written } = driver.request(0, [head.slice(0, 5), head.slice(5)], [100, 1000, 437]);
    expect(answer.slice(0, 1536)).toEqual(bytes.slice(3 * 512, 6 * 512));
    expect([answer[1536], written]).toEqual([OK, 1537]);
  });

  test('writes go to memory, not to the source', () => {
    const { driver, disk, bytes } = blockDriver();
    const before = bytes.slice();
    const data = new Uint8Array(1024).fill(0xaa);
    expect(driver.request(0, [header(WRITE, 7n), data.slice(0, 700), data.slice(700)], [1]).answer).toEqual(
      Uint8Array.of(OK),
    );
    expect(driver.request(0, [header(READ, 6n)], [2048, 1]).answer).toEqual(
      Uint8Array.of(...bytes.slice(6 * 512, 7 * 512), ...data, ...bytes.slice(9 * 512, 10 * 512), OK),
    );
    expect(bytes).toEqual(before);
    expect(disk.changes.map(({ offset, bytes: { length } }) => [offset, length])).toEqual([
      [0, 4096],
      [4096, 4096],
    ]);
  });

  test.each<[string, Uint8Array[], number[], number[]]>([
    ['flush', [header(FLUSH, 0n)], [1], [OK]],
    ['a type it does not know', [header(99, 0n)], [1], [UNSUPPORTED]],
    ['read behind the end', [header(READ, 127n)], [1024, 1], [...new Array<number>(1024).fill(0), IO_ERROR]],
    [
      'read far behind the end',
      [header(READ, 1n << 63n)],
      [512, 1],
      [...new Array<number>(512).fill(0), IO_ERROR],
    ],
    ['read of half a sector', [header(READ, 0n)], [256, 1], [...new Array<number>(256).fill(0), IO_ERROR]],
    ['write behind the end', [header(WRITE, 128n), new Uint8Array(512)], [1], [IO_ERROR]],
    ['identification', [header(GET_ID, 0n)], [20, 1], [...Buffer.from('sealscope-disk\0\0\0\0\0\0'), OK]],
  ])('%s', (_, given, room, expected) => {
    expect([...blockDriver().driver.request(0, given, room).answer]).toEqual(expected);
  });

  test('a source of an odd size ends in zeros; one that fails is an I/O error', () => {
    const { driver } = blockDriver(pattern(700));
    expect(driver.read(0x100)).toBe(2);
    const answer = driver.request(0, [header(READ, 1n)], [512, 1]).answer;
    expect([...answer]).toEqual([...pattern(700).slice(512), ...new Array<number>(324).fill(0), OK]);
    const broken = new CopyOnWriteDisk({
      size: 4096,
      read() {
        throw new Error('the file is gone');
      },
    });
    const failing = new Driver(new BlockFunction(broken)).start(1);
    expect(failing.request(0, [header(READ, 0n)], [512, 1]).answer[512]).toBe(IO_ERROR);
    expect(failing.request(0, [header(WRITE, 0n), new Uint8Array(512)], [1]).answer).toEqual(
      Uint8Array.of(IO_ERROR),
    );
  });

  test('state survives a copy, a request in flight and the written sectors included', () => {
    const { driver, bytes } = blockDriver();
    driver.request(0, [header(WRITE, 2n), new Uint8Array(512).fill(9)], [1]);
    driver.describe(0, 0, { address: RAM + 0x1_0000n, length: 16, flags: FLAG.next, next: 1 });
    driver.describe(0, 1, { address: RAM + 0x2_0000n, length: 1025, flags: FLAG.write, next: 0 });
    driver.ram.write(RAM + 0x1_0000n, header(READ, 2n));
    driver.offer(0, 0);
    const copy = driver.restoredInto(new Driver(new BlockFunction(new CopyOnWriteDisk(sourceOf(bytes)))));
    for (const each of [driver, copy]) {
      each.settle();
      expect(each.completed(0)).toEqual({ count: 2, head: 0, written: 1025 });
      expect([...each.ram.read(RAM + 0x2_0000n, 1025)!]).toEqual([
        ...new Array<number>(512).fill(9),
        ...bytes.slice(3 * 512, 4 * 512),
        OK,
      ]);
    }
  });
});

test('console: what the driver gives is printed, what is typed goes into its buffers', () => {
  const printed: Uint8Array[] = [];
  const typed = [...Buffer.from('hello')];
  const driver = new Driver(
    new ConsoleFunction({
      send: (bytes) => void printed.push(bytes),
      hasInput: () => typed.length > 0,
      receive: () => typed.shift(),
    }),
  ).start(2);
  driver.request(1, [Buffer.from('abc'), Buffer.from('def')], []);
  expect(Buffer.concat(printed).toString()).toBe('abcdef');
  const { answer, written } = driver.request(0, [], [2, 2]);
  expect([Buffer.from(answer).toString(), written]).toEqual(['hell', 4]);
  driver.request(0, [], [16]);
  expect(driver.completed(0)).toMatchObject({ count: 2, written: 1 });
  driver.request(0, [], [16]);
  expect(driver.completed(0).count, 'nothing is left: the buffer waits').toBe(2);
  typed.push(33);
  driver.transport.kick(0);
  driver.settle();
  expect(driver.completed(0)).toMatchObject({ count: 3, written: 1 });
});

test('entropy: the same numbers in every run, and they go on behind a copy', () => {
  const driver = new Driver(new EntropyFunction()).start(1);
  const first = driver.request(0, [], [64]).answer;
  expect(new Set(first).size).toBeGreaterThan(40);
  expect(new Driver(new EntropyFunction()).start(1).request(0, [], [10, 54]).answer).toEqual(first);
  const copy = driver.restoredInto(new Driver(new EntropyFunction()));
  const next = driver.request(0, [], [64]).answer;
  expect(next).not.toEqual(first);
  expect(copy.request(0, [], [64]).answer).toEqual(next);
  expect(driver.request(0, [], [100_000]).written).toBe(4096);
});

describe('what no driver may do stops the device until a reset', () => {
  const good: Descriptor = { address: RAM + 0x1_0000n, length: 16, flags: FLAG.next, next: 1 };
  const status: Descriptor = { address: RAM + 0x2_0000n, length: 1, flags: FLAG.write, next: 0 };
  test.each<[string, (driver: Driver) => void]>([
    ['a chain that loops', (d) => d.describe(0, 1, { ...good, next: 0 })],
    ['a chain that leaves the table', (d) => d.describe(0, 0, { ...good, next: 16 })],
    ['an address below RAM', (d) => d.describe(0, 0, { ...good, address: 0x1000_0000n })],
    ['an address that wraps', (d) => d.describe(0, 0, { ...good, address: 0xffff_ffff_ffff_fff8n })],
    ['a length beyond RAM', (d) => d.describe(0, 1, { ...status, length: 0xffff_ffff })],
    ['more bytes than a request may have', (d) => d.describe(0, 1, { ...status, length: MAX_CHAIN_BYTES })],
    [
      'an indirect table, which was not agreed on',
      (d) => d.describe(0, 0, { ...good, flags: FLAG.indirect }),
    ],
    [
      'something to read behind room to write',
      (d) => d.describe(0, 0, { ...good, flags: FLAG.next | FLAG.write }),
    ],
    ['no header', (d) => d.describe(0, 0, { ...good, length: 15 })],
    ['no room for the status', (d) => d.describe(0, 1, { ...status, length: 0 })],
    ['a head outside the table', (d) => d.offer(0, 0xffff)],
    [
      'an index that runs ahead',
      (d) => {
        d.ram.view.setUint16(0x402, 1000, true);
        d.write(0x50, 0);
        d.settle();
      },
    ],
  ])('%s', (_, spoil) => {
    const { driver } = blockDriver();
    driver.describe(0, 0, good);
    driver.describe(0, 1, status);
    driver.ram.write(good.address, header(FLUSH, 0n));
    spoil(driver);
    driver.offer(0, 0);
    driver.settle();
    expect([driver.status & NEEDS_RESET, driver.read(0x60) & 2, driver.interrupt]).toEqual([
      NEEDS_RESET,
      2,
      true,
    ]);
    driver.write(0x50, 0);
    expect(driver.transport.nextEvent(), 'nothing goes on').toBeUndefined();
    driver.start(1);
    expect(driver.request(0, [header(FLUSH, 0n)], [1]).answer).toEqual(Uint8Array.of(OK));
  });

  test.each([0x80, 0x90, 0xa0])('a part of the queue outside RAM (0x%s)', (register) => {
    const { driver } = blockDriver();
    driver.write(0x44, 0);
    driver.write(register + 4, 0xdead);
    driver.write(0x44, 1);
    driver.request(0, [header(FLUSH, 0n)], [1]);
    expect(driver.status & NEEDS_RESET).toBe(NEEDS_RESET);
  });
});

test('random registers, queues and descriptors: nothing is thrown, and the work is bounded', () => {
  let state = 12345;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % limit;
  };
  for (let round = 0; round < 300; round++) {
    const functions = [
      () => new BlockFunction(new CopyOnWriteDisk(sourceOf(pattern(8192)))),
      () => new EntropyFunction(),
      () => new ConsoleFunction({ send: () => undefined, hasInput: () => true, receive: () => next(256) }),
    ];
    const driver = new Driver(functions[round % 3]!()).start(2);
    for (let action = 0; action < 60; action++) {
      switch (next(6)) {
        case 0:
          driver.write(
            [0x30, 0x38, 0x44, 0x50, 0x64, 0x80, 0x84, 0x90, 0xa0, 0x20, 0x24][next(11)]!,
            next(1 << 24),
          );
          break;
        case 1:
          driver.ram.view.setUint32(next(0x2000), next(1 << 24) * next(256), true);
          break;
        case 2:
          driver.offer(next(2), next(20));
          break;
        case 3:
          driver.describe(next(2), next(16), {
            address: RAM + BigInt(next(9 << 20)),
            length: next(4) === 0 ? next(1 << 24) * 256 : next(2048),
            flags: next(4),
            next: next(18),
          });
          break;
        case 4:
          driver.now += BigInt(next(5000));
          driver.transport.service();
          break;
        default:
          if (next(8) === 0) driver.start(2);
      }
    }
    for (let portion = 0; portion < 20; portion++) {
      driver.now += LATENCY;
      driver.transport.service();
    }
    expect([0, 1]).toContain(driver.read(0x44));
  }
});
