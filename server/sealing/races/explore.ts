/**
 * Races into a window: who else could store while it is open, and does anybody? A machine that stands right behind the
 * instruction that opened the window is taken through it, first as the run went, asking at every step what every other
 * hart could write, then again and again with turns of other lengths, each drawn by a seed, to see whose stores land.
 *
 * A seed decides everything: the same one ends in the same state.
 */
import type { Machine, Snapshot } from '../../../emulator/index.ts';
import { permitsUnder, reachOf, type Reach } from '../windows/reach.ts';
import { lengthOf, type Window, type WindowPage, type WindowStore } from '../windows/window.ts';

/** Another hart whose store would land, and when: in steps from the opening of the window. */
export interface RaceReach {
  readonly hart: number;
  readonly by: Reach;
  readonly first: bigint;
  readonly last: bigint;
  /** Moments that were looked at, and those at which it would have landed. */
  readonly samples: number;
  readonly landing: number;
}

/** A run of the window with turns of other lengths. */
export interface RaceRun {
  readonly seed: number;
  /** Stores of other harts that landed before the window was closed. Bounded. */
  readonly stores: readonly WindowStore[];
  readonly storeCount: number;
  /** Steps from the opening to the closing, or to where the run was given up. */
  readonly steps: bigint;
  readonly closed: boolean;
  /** Of the machine at the end; undefined where no store landed. */
  readonly stateHash: string | undefined;
}

export interface RaceReport {
  readonly window: number;
  readonly reach: readonly RaceReach[];
  readonly runs: readonly RaceRun[];
}

export interface RaceOptions {
  /** The first seed, at least 1; every run has the next one. */
  readonly seed: number;
  readonly runs: number;
  /** Called between pieces of work: the host may have others to do. */
  readonly pause: () => Promise<void>;
}

const MAX_SAMPLES = 1024;
const MAX_STORES = 64;
/** A window that is never closed is followed so far. */
const MAX_STEPS = 2_000_000n;
/** A turn may be longer than the window is. */
const SOME_TURNS = 65_536n;
const PIECE = 100_000n;
const PAGE = 4096n;

/** @param machine Right behind the opening instruction; it is left somewhere else. */
export async function exploreRaces(
  machine: Machine,
  window: Window,
  options: RaceOptions,
): Promise<RaceReport> {
  const begin = machine.snapshot();
  const length = shortest(lengthOf(window, window.opened.step + MAX_STEPS), MAX_STEPS);
  const reach = await sampleReach(machine, window, length, options);
  const limit = shortest(length * BigInt(machine.harts.length) * 2n + SOME_TURNS, MAX_STEPS);
  const runs: RaceRun[] = [];
  for (let seed = options.seed; seed < options.seed + options.runs; seed++)
    runs.push(await runWithSeed(machine, window, begin, seed, limit, options));
  return { window: window.number, reach, runs };
}

async function sampleReach(
  machine: Machine,
  window: Window,
  length: bigint,
  { pause }: RaceOptions,
): Promise<RaceReach[]> {
  const start = machine.step;
  const stride = length / BigInt(MAX_SAMPLES) + 1n;
  const others = machine.harts.filter(({ id }) => id !== window.opened.hart);
  const found = new Map<string, { hart: number; by: Reach; first: bigint; last: bigint; landing: number }>();
  let samples = 0;
  while (machine.step - start < length) {
    samples++;
    const at = machine.step - start;
    for (const { id, state } of others) {
      const by = state === 'stopped' ? undefined : reachOfAny(machine, id, window.pages);
      if (by === undefined) continue;
      const known = found.get(`${id} ${by}`);
      if (known === undefined) found.set(`${id} ${by}`, { hart: id, by, first: at, last: at, landing: 1 });
      else [known.last, known.landing] = [at, known.landing + 1];
    }
    if (machine.run(stride).kind !== 'limit') break;
    if (samples % 256 === 0) await pause();
  }
  return [...found.values()].map((each) => ({ ...each, samples }));
}

function reachOfAny(machine: Machine, hart: number, pages: readonly WindowPage[]): Reach | undefined {
  // Without paging every frame can be written at its own address.
  if (machine.virtual.satp(hart) >> 60n === 0n) return 'bare';
  for (const { virtual, physical } of pages) {
    const by = reachOf(machine, hart, virtual, physical);
    if (by !== undefined) return by;
  }
  return undefined;
}

async function runWithSeed(
  machine: Machine,
  window: Window,
  begin: Snapshot,
  seed: number,
  limit: bigint,
  { pause }: RaceOptions,
): Promise<RaceRun> {
  machine.restore(begin);
  machine.interleave(seed);
  const opener = window.opened.hart;
  const stores: WindowStore[] = [];
  let storeCount = 0;
  let closed = false;
  const judge = (): void => {
    if (closed || isOpen(machine, opener, window.pages)) return;
    closed = true;
    machine.requestStop();
  };
  const satp = machine.virtual.satp(opener);
  // The page-table entries of ranges that are followed are told of; nothing else is asked of these.
  const followed = window.pages.map(({ virtual }) => machine.mappings.open(satp, virtual, virtual + PAGE));
  const stopObserving = machine.observe({ pageTableStore: judge, satpWritten: judge });
  const watches = window.pages.map(({ physical }) =>
    machine.watches.add({
      space: 'physical',
      start: physical,
      length: PAGE,
      access: 'write',
      observe: ({ step, hart, pc, address, physical: at, size, oldValue, newValue }) => {
        if (hart === opener || closed) return false;
        if (++storeCount <= MAX_STORES)
          stores.push({ step, hart, pc, address, physical: at, size, oldValue, newValue });
        return false;
      },
    }),
  );
  try {
    while (isOpen(machine, opener, window.pages) && machine.step - begin.step < limit) {
      const { kind } = machine.run(shortest(limit - (machine.step - begin.step), PIECE));
      if (kind !== 'limit' && kind !== 'request') break;
      await pause();
    }
    const steps = machine.step - begin.step;
    return {
      seed,
      stores,
      storeCount,
      steps,
      closed,
      stateHash: storeCount === 0 ? undefined : machine.stateHash(),
    };
  } finally {
    for (const watch of watches) machine.watches.delete(watch);
    for (const mapping of followed) machine.mappings.release(mapping);
    stopObserving();
  }
}

/** Whether the page tables that the opener uses permit a store to any of its pages. */
function isOpen(machine: Machine, opener: number, pages: readonly WindowPage[]): boolean {
  const satp = machine.virtual.satp(opener);
  return pages.some(({ virtual, physical }) => permitsUnder(machine, satp, virtual, physical));
}

function shortest(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
