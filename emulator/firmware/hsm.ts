/** Hart state management (SBI 2.0, chapter 9). */
import type { Hart, HartState } from '../machine/hart.ts';
import {
  failure,
  LEAVE,
  SBI_ERR_ALREADY_AVAILABLE,
  SBI_ERR_INVALID_ADDRESS,
  SBI_ERR_INVALID_PARAM,
  SBI_ERR_NOT_SUPPORTED,
  type SbiExtension,
  type SbiPlatform,
  type SbiResult,
  success,
} from './sbi.ts';
import { enterSupervisor } from './supervisor.ts';
import type { SuspendedHarts } from './suspension.ts';

const HSM = 0x48_534d;
const STARTED = 0n;
const STOPPED = 1n;
const SUSPENDED = 4n;
const STATUS: Readonly<Record<HartState, bigint>> = {
  running: STARTED,
  waiting: STARTED,
  stopped: STOPPED,
  suspended: SUSPENDED,
};
/** The default suspend types; all others are reserved, or platforms' own, which this one has none of. */
const RETENTIVE = 0x0000_0000n;
const NON_RETENTIVE = 0x8000_0000n;

export function hsmExtension(platform: SbiPlatform, suspended: SuspendedHarts): SbiExtension {
  const { harts } = platform;

  function hartOf(id: bigint): Hart | undefined {
    return id < harts.length ? harts[Number(id)] : undefined;
  }

  function start(caller: Hart, target: Hart | undefined, address: bigint, opaque: bigint): SbiResult {
    if (target === undefined) return failure(SBI_ERR_INVALID_PARAM);
    if (target.state !== 'stopped') return failure(SBI_ERR_ALREADY_AVAILABLE);
    if (!platform.memory.has(address, 2n)) return failure(SBI_ERR_INVALID_ADDRESS);
    platform.resetHart(target);
    enterSupervisor(target, address, opaque);
    platform.hartEvent({ kind: 'start', hart: target.id, by: caller.id, address, retentive: false });
    return success();
  }

  function stop(hart: Hart): SbiResult {
    hart.state = 'stopped';
    platform.hartEvent({ kind: 'stop', hart: hart.id, by: hart.id, address: undefined, retentive: false });
    return LEAVE;
  }

  function suspend(hart: Hart, type: bigint, address: bigint, opaque: bigint): SbiResult {
    if (type !== RETENTIVE && type !== NON_RETENTIVE) return failure(SBI_ERR_INVALID_PARAM);
    if (type === RETENTIVE) suspended.suspend(hart, 'retentive');
    else if (platform.memory.has(address, 2n)) suspended.suspend(hart, { address, opaque });
    else return failure(SBI_ERR_INVALID_ADDRESS);
    return LEAVE;
  }

  return {
    ids: [HSM],
    call: ({ hart, functionId, arguments: [first, second, third] }): SbiResult => {
      switch (functionId) {
        case 0:
          return start(hart, hartOf(first), second, third);
        case 1:
          return stop(hart);
        case 2: {
          const target = hartOf(first);
          return target === undefined ? failure(SBI_ERR_INVALID_PARAM) : success(STATUS[target.state]);
        }
        case 3:
          return suspend(hart, BigInt.asUintN(32, first), second, third);
        default:
          return failure(SBI_ERR_NOT_SUPPORTED);
      }
    },
  };
}
