/**
 * Explores the races into a window that was opened earlier in the run. The machine is deterministic: another one, built
 * from the same configuration and given the same input, is run to the same step, and explored there.
 */
import type { Machine } from '../../../emulator/index.ts';
import { exploreRaces, type RaceReport } from '../../sealing/races/explore.ts';
import { permitsUnder } from '../../sealing/windows/reach.ts';
import type { Window } from '../../sealing/windows/window.ts';
import { SessionError } from '../errors.ts';
import type { Scheduler } from '../host.ts';

export type { RaceReach, RaceReport, RaceRun } from '../../sealing/races/explore.ts';

export interface RaceRequest {
  /** The first seed, from 1. Default 1. */
  readonly seed?: number | undefined;
  /** Interleavings, each with the next seed. Default 16. */
  readonly runs?: number | undefined;
}

export interface RacesParts {
  readonly machine: Machine;
  readonly scheduler: Scheduler;
  readonly create: () => Promise<Machine>;
}

const DEFAULT_RUNS = 16;
const MAX_RACE_RUNS = 10_000;
const MAX_SEED = 2 ** 31 - 1;
/** Steps between two looks at whether others have something to do. */
const PIECE = 500_000n;

export class Races {
  readonly #parts: RacesParts;

  constructor(parts: RacesParts) {
    this.#parts = parts;
  }

  /** @throws SessionError `request` for what cannot be explored, and why. */
  async explore(window: Window, { seed = 1, runs = DEFAULT_RUNS }: RaceRequest = {}): Promise<RaceReport> {
    check('seed', seed, MAX_SEED - MAX_RACE_RUNS);
    check('runs', runs, MAX_RACE_RUNS);
    const { machine, scheduler, create } = this.#parts;
    if (machine.harts.length === 1)
      throw new SessionError('request', 'one hart alone races with nobody; give the machine more harts');
    const replay = await create();
    for (const { bytes, time } of machine.inputLog) replay.sendInput(bytes, time);
    const target = window.opened.step + 1n;
    while (replay.step < target) {
      const left = target - replay.step;
      const { kind } = replay.run(left < PIECE ? left : PIECE);
      if (kind !== 'limit') break;
      await scheduler.turn();
    }
    const satp = replay.virtual.satp(window.opened.hart);
    const isThere =
      replay.step === target &&
      window.pages.some(({ virtual, physical }) => permitsUnder(replay, satp, virtual, physical));
    if (!isThere)
      throw new SessionError(
        'request',
        `a fresh run does not come to window ${window.number}: this one was changed on the way, by a choice or a debugger's write`,
      );
    return exploreRaces(replay, window, { seed, runs, pause: () => scheduler.turn() });
  }
}

function check(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new SessionError('request', `"${name}" is ${value}; it must be a whole number from 1 to ${most}`);
}
