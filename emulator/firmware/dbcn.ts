/** Debug console (SBI 2.0, chapter 12). */
import {
  failure,
  SBI_ERR_INVALID_PARAM,
  SBI_ERR_NOT_SUPPORTED,
  type SbiExtension,
  type SbiPlatform,
  type SbiResult,
  success,
} from './sbi.ts';

const DBCN = 0x4442_434e;
/** Bytes that one call moves at most; the specification lets it do less than was asked for. */
const MOST = 4096n;

export function dbcnExtension(platform: SbiPlatform): SbiExtension {
  const { memory } = platform;

  function write(count: bigint, address: bigint): SbiResult {
    const bytes = memory.read(address, Number(count < MOST ? count : MOST)) ?? new Uint8Array(0);
    if (bytes.length > 0) platform.consoleWrite(bytes);
    return success(BigInt(bytes.length));
  }

  function read(count: bigint, address: bigint): SbiResult {
    const bytes: number[] = [];
    while (bytes.length < count && bytes.length < MOST) {
      const byte = platform.consoleRead();
      if (byte === undefined) break;
      bytes.push(byte);
    }
    memory.write(address, Uint8Array.from(bytes));
    return success(BigInt(bytes.length));
  }

  return {
    ids: [DBCN],
    call: ({ functionId, arguments: [first, low, high] }) => {
      switch (functionId) {
        case 0:
        case 1:
          // A physical address of 128 bits in two halves; RAM needs only the lower one.
          if (high !== 0n || !memory.has(low, first)) return failure(SBI_ERR_INVALID_PARAM);
          return functionId === 0 ? write(first, low) : read(first, low);
        case 2:
          platform.consoleWrite(Uint8Array.of(Number(first & 0xffn)));
          return success();
        default:
          return failure(SBI_ERR_NOT_SUPPORTED);
      }
    },
  };
}
