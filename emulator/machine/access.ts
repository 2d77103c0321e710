/** Reads the access and the trap in progress out of GLOBALS. */
import {
  ACCESS_ADDRESS,
  ACCESS_AMO,
  ACCESS_KIND,
  ACCESS_LOAD,
  ACCESS_OLD,
  ACCESS_PHYSICAL,
  ACCESS_SC,
  ACCESS_SIZE,
  ACCESS_VALUE,
  TRAP_CAUSE,
  TRAP_IS_INTERRUPT,
  TRAP_VALUE,
} from '../layout.ts';
import type { EngineMemory } from './memory.ts';
import type { StoreAttempt, Trap, WatchedAccess } from './stop.ts';

/** Who is at it, when and where. */
export interface Moment {
  readonly hart: number;
  readonly step: bigint;
  readonly pc: bigint;
}

const NOWHERE = 0xffff_ffff_ffff_ffffn;
const STORE_ACCESS_FAULT = 7;
const STORE_PAGE_FAULT = 15;

export function readTrap(memory: EngineMemory, moment: Moment): Trap {
  const cause = Number(memory.u64(TRAP_CAUSE));
  const interrupt = memory.u64(TRAP_IS_INTERRUPT) !== 0n;
  const store = !interrupt && (cause === STORE_PAGE_FAULT || cause === STORE_ACCESS_FAULT);
  return {
    ...moment,
    cause,
    interrupt,
    value: memory.u64(TRAP_VALUE),
    store: store ? readStore(memory) : undefined,
  };
}

/** Kernels store to watched frames by the million while they boot: every number is read, and boxed, once. */
export function readWatched(
  memory: EngineMemory,
  { hart, step, pc }: Moment,
): Omit<WatchedAccess, 'watches'> {
  const kind = memory.i32(ACCESS_KIND);
  const oldValue = memory.u64(ACCESS_OLD);
  return {
    hart,
    step,
    pc,
    kind: kind === ACCESS_LOAD ? 'load' : storeKind(kind),
    address: memory.u64(ACCESS_ADDRESS),
    physical: memory.u64(ACCESS_PHYSICAL),
    size: memory.i32(ACCESS_SIZE),
    oldValue,
    newValue: kind === ACCESS_LOAD ? oldValue : memory.u64(ACCESS_VALUE),
  };
}

/** The core has zero-extended both values from the access's size. */
function readStore(memory: EngineMemory): StoreAttempt {
  const physical = memory.u64(ACCESS_PHYSICAL);
  const size = memory.i32(ACCESS_SIZE);
  return {
    kind: storeKind(memory.i32(ACCESS_KIND)),
    address: memory.u64(ACCESS_ADDRESS),
    physical: physical === NOWHERE ? undefined : physical,
    size,
    newValue: memory.u64(ACCESS_VALUE),
    oldValue: memory.u64(ACCESS_OLD),
  };
}

function storeKind(kind: number): StoreAttempt['kind'] {
  if (kind === ACCESS_AMO) return 'amo';
  return kind === ACCESS_SC ? 'sc' : 'store';
}
