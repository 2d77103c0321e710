/** The policy alone: a guest of two pages, told call by call and access by access. */
import { beforeEach, describe, expect, it } from 'vitest';
import { fragmentationOf } from '../../../../server/sealing/writeOnce/fragmentation.ts';
import {
  WriteOnceMemory,
  type FrameWriter,
  type ObjectAccess,
} from '../../../../server/sealing/writeOnce/writeOnceMemory.ts';

const BASE = 0xffff_0000n;
const FRAME = 0x8000_0000n;
const SIZE = 1000;

let memory: WriteOnceMemory;
let writers: FrameWriter[];
let watched: Set<bigint>;
let step: bigint;

beforeEach(() => {
  writers = [];
  watched = new Set();
  step = 0n;
  memory = new WriteOnceMemory({
    momentOf: (hart) => {
      const place = { pc: ++step, function: `f${step}`, offset: 0, size: 0, inlined: false };
      return { step, hart, place, stack: [place, { ...place, function: 'caller' }] };
    },
    physicalOf: (_, virtual) => FRAME + (virtual - BASE),
    writersOf: () => writers,
    isStale: () => false,
    watch: (frame) => watched.add(frame),
    unwatch: (frame) => watched.delete(frame),
    report: () => undefined,
  });
});

const at = (index: number): bigint => BASE + BigInt(index * SIZE);
const checks = (): string[] => memory.violations.map(({ check }) => check);

function alloc(address: bigint, hart = 0): void {
  memory.ends(memory.allocBegins(hart, 'm', SIZE, 'cache'), address);
}

function init(address: bigint, during: () => void = () => undefined, hart = 0): void {
  const call = memory.initBegins(hart, 'm', address, false);
  writers = [{ hart, by: 'page-table' }];
  memory.gained(FRAME + ((address - BASE) & ~0xfffn), hart, []);
  during();
  writers = [];
  memory.lost(FRAME + ((address - BASE) & ~0xfffn));
  memory.ends(call);
}

function free(address: bigint): void {
  memory.ends(memory.freeBegins(0, 'm', address));
}

function access(kind: ObjectAccess['kind'], address: bigint, extra: Partial<ObjectAccess> = {}): void {
  const physical = FRAME + (address - BASE);
  const values = { hart: 0, pc: 0n, oldValue: 0n, newValue: 1n, landed: true };
  memory.accessed({ ...values, kind, address, physical, size: 8, ...extra });
}

describe('the life of an object', () => {
  it('is a lane: allocated, initialised, sealed, freed, and again', () => {
    for (let life = 0; life < 2; life++) {
      alloc(at(0));
      init(at(0), () => access('store', at(0)));
      free(at(0));
    }
    const [object] = memory.objects;
    expect(checks()).toEqual([]);
    expect(object?.events.map(({ kind, life }) => `${kind} ${life}`)).toEqual(
      [1, 2].flatMap((life) =>
        ['allocated', 'initialising', 'sealed', 'freed'].map((kind) => `${kind} ${life}`),
      ),
    );
    expect(object).toMatchObject({ lives: 2, stores: 2, state: 'freed', cache: 'cache' });
  });

  it('keeps the latest events of a long lane', () => {
    alloc(at(0));
    for (let round = 0; round < 100; round++) init(at(0));
    const [object] = memory.objects;
    expect(object?.events.length).toBe(128);
    expect(object?.dropped).toBe(1 + 100 + 100 + 99 - 128);
    expect(object?.events.at(-1)?.kind).toBe('sealed');
  });

  it('ends with its page, when a page without live objects becomes plain memory', () => {
    alloc(at(0));
    init(at(0));
    free(at(0));
    memory.gained(FRAME, 0, []);
    expect(checks()).toEqual([]);
    expect([memory.pages, [...watched]]).toEqual([[], []]);
  });

  it('makes room for objects of another size', () => {
    alloc(at(0));
    free(at(0));
    memory.ends(memory.allocBegins(0, 'm', 500, 'small'), BASE + 504n);
    expect(memory.pages[0]?.objects.map(({ size }) => size)).toEqual([500]);
  });
});

describe('rules', () => {
  const store = (): void => {
    access('store', at(0));
  };
  const freeIt = (): void => {
    free(at(0));
  };
  const allocNext = (): void => {
    alloc(at(1));
  };

  it.each<[string, ...(() => void)[]]>([
    ['second-init', () => init(at(0))],
    ['init-after-seal', store],
    ['init-after-seal', () => access('amo', at(0), { landed: false })],
    ['write-outside-object', allocNext, () => init(at(1), store)],
    ['write-outside-object', allocNext, () => init(at(1), () => access('store', at(1) - 4n))],
    ['writable-outside-init', () => memory.gained(FRAME, 0, [])],
    ['use-after-free', freeIt, () => access('load', at(0))],
    ['use-after-free', freeIt, store],
    ['use-after-free', freeIt, freeIt],
    ['use-after-free', freeIt, () => init(at(0))],
    ['reuse-without-init', freeIt, () => alloc(at(0)), () => access('load', at(0))],
    ['write-outside-callback', allocNext, () => access('store', at(1))],
    ['raced', allocNext, () => init(at(1), () => access('store', at(0), { hart: 1 }))],
  ])('%s', (check, ...flaw) => {
    alloc(at(0));
    init(at(0));
    expect(checks()).toEqual([]);
    for (const part of flaw) part();
    expect(checks()).toEqual([check]);
    expect(memory.violations[0]?.story).toContain(check);
  });

  it('a window that its function leaves open, and the harts that can write', () => {
    alloc(at(0));
    const call = memory.initBegins(0, 'm', at(0), false);
    writers = [{ hart: 0, by: 'page-table' }];
    memory.gained(FRAME, 0, []);
    memory.ends(call);
    expect(memory.violations).toMatchObject([{ check: 'window-left-open', harts: [0] }]);
  });

  it('a TLB that was not told', () => {
    alloc(at(0));
    const call = memory.initBegins(0, 'm', at(0), false);
    writers = [{ hart: 1, by: 'tlb' }];
    memory.ends(call);
    expect(memory.violations).toMatchObject([{ check: 'missing-sfence', harts: [1] }]);
    expect(memory.objects[0]?.events.map(({ kind }) => kind)).not.toContain('sealed');
  });

  it('only the callback writes, where it is known', () => {
    alloc(at(0));
    const call = memory.initBegins(0, 'm', at(0), true);
    if (call.kind !== 'initOnce') throw new Error('no init-once');
    call.inCallback = true;
    access('store', at(0));
    expect(checks()).toEqual([]);
    call.inCallback = false;
    access('store', at(0));
    expect(checks()).toEqual(['write-outside-callback']);
  });

  it('what happens again is counted', () => {
    alloc(at(0));
    init(at(0));
    memory.gained(FRAME, 0, []);
    const [violation] = memory.violations;
    expect(violation).toMatchObject({ count: 1, page: BASE });
    // Stores in a window that is a violation already say nothing new.
    access('store', at(0));
    expect(memory.violations.length).toBe(1);
  });

  it('a hart that begins anew has left its calls', () => {
    alloc(at(0));
    memory.initBegins(1, 'm', at(0), false);
    memory.forget(1);
    access('store', at(0), { hart: 1 });
    expect(memory.objects[0]?.state).toBe('allocated');
    expect(checks()).toEqual(['write-outside-callback']);
  });
});

describe('fragmentation', () => {
  it('is what sharing costs, and what it saves', () => {
    // Four objects of 1000 bytes begin on the first page, the fifth lies over its end.
    for (let index = 0; index < 6; index++) alloc(at(index));
    free(at(0));
    free(at(1));
    expect(fragmentationOf(memory.pages)).toEqual({
      pages: 2,
      heldByOne: 0,
      empty: 0,
      liveObjects: 4,
      liveBytes: 4000n,
      allocatedBytes: 8192n,
      onePerPage: { pages: 4, bytes: 16384n },
    });
    free(at(4));
    expect(fragmentationOf(memory.pages)).toMatchObject({ heldByOne: 1, liveObjects: 3 });
  });

  it('counts whole pages for large objects', () => {
    memory.ends(memory.allocBegins(0, 'm', 5000, undefined), BASE);
    expect(fragmentationOf(memory.pages)).toMatchObject({
      pages: 2,
      liveBytes: 5000n,
      onePerPage: { pages: 2 },
    });
  });
});
