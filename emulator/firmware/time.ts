/** Timer extension (SBI 2.0, chapter 6). */
import { failure, SBI_ERR_NOT_SUPPORTED, type SbiExtension, type SbiPlatform, success } from './sbi.ts';

const TIME = 0x5449_4d45;

export function timeExtension(platform: SbiPlatform): SbiExtension {
  return {
    ids: [TIME],
    call: ({ hart, functionId, arguments: [time] }) => {
      if (functionId !== 0) return failure(SBI_ERR_NOT_SUPPORTED);
      platform.setTimer(hart, time);
      return success();
    },
  };
}
