/** System suspend (SBI 2.0, chapter 13). */
import {
  failure,
  LEAVE,
  SBI_ERR_DENIED,
  SBI_ERR_INVALID_ADDRESS,
  SBI_ERR_INVALID_PARAM,
  SBI_ERR_NOT_SUPPORTED,
  type SbiExtension,
  type SbiPlatform,
  type SbiResult,
} from './sbi.ts';
import type { SuspendedHarts } from './suspension.ts';

const SUSP = 0x5355_5350;
const SUSPEND_TO_RAM = 0n;

/**
 * The last hart that runs suspends the system; RAM and devices stay as they are. It wakes for an interrupt that it has
 * enabled (the UART's, the RTC's alarm), and for its timer.
 */
export function suspExtension(platform: SbiPlatform, suspended: SuspendedHarts): SbiExtension {
  return {
    ids: [SUSP],
    call: ({ hart, functionId, arguments: [type, address, opaque] }): SbiResult => {
      if (functionId !== 0) return failure(SBI_ERR_NOT_SUPPORTED);
      if (BigInt.asUintN(32, type) !== SUSPEND_TO_RAM) return failure(SBI_ERR_INVALID_PARAM);
      if (!platform.memory.has(address, 2n)) return failure(SBI_ERR_INVALID_ADDRESS);
      if (platform.harts.some((other) => other !== hart && other.state !== 'stopped')) {
        return failure(SBI_ERR_DENIED);
      }
      suspended.suspend(hart, { address, opaque });
      return LEAVE;
    },
  };
}
