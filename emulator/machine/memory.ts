/** The one WebAssembly memory, seen from TypeScript. Offsets are layout.ts's; numbers are little-endian. */
import { MAX_RAM_BYTES, RAM } from '../layout.ts';
import { ConfigurationError } from './errors.ts';

const WASM_PAGE = 0x1_0000;

export class EngineMemory {
  readonly wasm: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  /** Throws ConfigurationError when this computer does not have so much memory. */
  constructor(ramBytes: number) {
    const pages = Math.ceil((RAM + Math.min(ramBytes, MAX_RAM_BYTES)) / WASM_PAGE);
    try {
      this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch {
      throw new ConfigurationError(
        'memory',
        `memory is ${ramBytes} bytes, more than this computer can give in one piece; choose less`,
      );
    }
    this.bytes = new Uint8Array(this.wasm.buffer);
    this.view = new DataView(this.wasm.buffer);
  }

  i32(address: number): number {
    return this.view.getInt32(address, true);
  }

  setI32(address: number, value: number): void {
    this.view.setInt32(address, value, true);
  }

  /** 64 bits, unsigned. */
  u64(address: number): bigint {
    return this.view.getBigUint64(address, true);
  }

  setU64(address: number, value: bigint): void {
    this.view.setBigUint64(address, value, true);
  }
}
