/** SiFive's test finisher, with which QEMU's `virt` powers off, fails and resets. */
import { FINISHER_BASE, FINISHER_SIZE } from '../memoryMap.ts';
import type { ExitReason } from '../machine/stop.ts';
import type { Device } from './device.ts';

const FAIL = 0x3333;
const PASS = 0x5555;
const RESET = 0x7777;

export class Finisher implements Device {
  readonly name = 'test';
  readonly base = FINISHER_BASE;
  readonly size = FINISHER_SIZE;
  readonly widths = [2, 4];
  readonly #finish: (reason: ExitReason, status: number) => void;

  constructor(finish: (reason: ExitReason, status: number) => void) {
    this.#finish = finish;
  }

  read(): bigint {
    return 0n;
  }

  write(offset: number, _width: number, value: bigint): void {
    if (offset !== 0) return;
    const word = Number(value);
    switch (word & 0xffff) {
      case PASS:
        this.#finish('pass', 0);
        break;
      case FAIL:
        this.#finish('fail', word >>> 16);
        break;
      case RESET:
        this.#finish('reboot', 0);
        break;
    }
  }

  visit(): void {
    // It holds nothing.
  }
}
