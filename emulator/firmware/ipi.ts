/** Inter-processor interrupts (SBI 2.0, chapter 7). */
import { INTERRUPT } from '../memoryMap.ts';
import { selectHarts } from './hartMask.ts';
import {
  failure,
  SBI_ERR_INVALID_PARAM,
  SBI_ERR_NOT_SUPPORTED,
  type SbiExtension,
  type SbiPlatform,
  success,
} from './sbi.ts';

const IPI = 0x73_5049;
const SSIP = 1 << INTERRUPT.supervisorSoftware;

export function ipiExtension(platform: SbiPlatform): SbiExtension {
  return {
    ids: [IPI],
    call: ({ functionId, arguments: [mask, base] }) => {
      if (functionId !== 0) return failure(SBI_ERR_NOT_SUPPORTED);
      const targets = selectHarts(platform.harts, mask, base);
      if (targets === undefined) return failure(SBI_ERR_INVALID_PARAM);
      for (const target of targets) target.setPending(SSIP, SSIP);
      return success();
    },
  };
}
