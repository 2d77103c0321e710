/** System reset (SBI 2.0, chapter 10). */
import {
  failure,
  LEAVE,
  SBI_ERR_INVALID_PARAM,
  SBI_ERR_NOT_SUPPORTED,
  type SbiExtension,
  type SbiPlatform,
  type SbiResult,
} from './sbi.ts';

const SRST = 0x5352_5354;
const SHUTDOWN = 0n;
const WARM_REBOOT = 2n;
const NO_REASON = 0n;
const SYSTEM_FAILURE = 1n;

export function srstExtension(platform: SbiPlatform): SbiExtension {
  return {
    ids: [SRST],
    call: ({ functionId, arguments: [type, reason] }): SbiResult => {
      if (functionId !== 0) return failure(SBI_ERR_NOT_SUPPORTED);
      const wanted = BigInt.asUintN(32, type);
      const why = BigInt.asUintN(32, reason);
      // Reserved, or somebody's own: there is no such type or reason here.
      if (wanted > WARM_REBOOT || why > SYSTEM_FAILURE) return failure(SBI_ERR_INVALID_PARAM);
      if (wanted === SHUTDOWN && why === NO_REASON) platform.powerOff('poweroff', 0);
      else if (wanted === SHUTDOWN) platform.powerOff('fail', 1);
      else platform.powerOff('reboot', 0);
      return LEAVE;
    },
  };
}
