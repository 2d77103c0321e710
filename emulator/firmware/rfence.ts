/** Remote fences (SBI 2.0, chapter 8), those of a machine without the hypervisor extension. */
import { selectHarts } from './hartMask.ts';
import {
  failure,
  SBI_ERR_INVALID_PARAM,
  SBI_ERR_NOT_SUPPORTED,
  type SbiExtension,
  type SbiPlatform,
  success,
} from './sbi.ts';

const RFENCE = 0x5246_4e43;
const FENCE_I = 0;
const SFENCE_VMA = 1;
const SFENCE_VMA_ASID = 2;

export function rfenceExtension(platform: SbiPlatform): SbiExtension {
  return {
    ids: [RFENCE],
    call: ({ functionId, arguments: [mask, base, start, size, asid] }) => {
      if (functionId > SFENCE_VMA_ASID) return failure(SBI_ERR_NOT_SUPPORTED);
      const targets = selectHarts(platform.harts, mask, base);
      if (targets === undefined) return failure(SBI_ERR_INVALID_PARAM);
      // Instruction fetch is coherent here: a remote fence.i has nothing left to do.
      if (functionId === FENCE_I) return success();
      for (const target of targets) {
        platform.fence(target, start, size, functionId === SFENCE_VMA ? undefined : asid);
      }
      return success();
    },
  };
}
