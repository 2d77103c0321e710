/** Base extension (SBI 2.0, chapter 4). */
import { failure, SBI_ERR_NOT_SUPPORTED, type SbiExtension, success } from './sbi.ts';

export const BASE = 0x10;
const SPECIFICATION_VERSION = 2n << 24n;
/** None of the numbers that SBI has given to an implementation. */
const IMPLEMENTATION_ID = 0x5ea1n;
const IMPLEMENTATION_VERSION = 1n;

/** `has` says whether there is an extension of that number. */
export function baseExtension(has: (extensionId: bigint) => boolean): SbiExtension {
  return {
    ids: [BASE],
    call: ({ hart, functionId, arguments: [first] }) => {
      switch (functionId) {
        case 0:
          return success(SPECIFICATION_VERSION);
        case 1:
          return success(IMPLEMENTATION_ID);
        case 2:
          return success(IMPLEMENTATION_VERSION);
        case 3:
          return success(has(first) ? 1n : 0n);
        case 4:
          return success(hart.csr(0xf11));
        case 5:
          return success(hart.csr(0xf12));
        case 6:
          return success(hart.csr(0xf13));
        default:
          return failure(SBI_ERR_NOT_SUPPORTED);
      }
    },
  };
}
