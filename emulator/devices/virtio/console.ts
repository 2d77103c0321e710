/** A console (virtio 1.2, section 5.3) with its one port. */
import type { Chain } from './chain.ts';
import type { VirtioFunction } from './function.ts';

export const RECEIVE_QUEUE = 0;
const COLUMNS = 80;
const ROWS = 25;
const SIZE_FEATURE = 1n << 0n;

export interface ConsolePort {
  send(bytes: Uint8Array): void;
  /** Whether there is input for this console. */
  hasInput(): boolean;
  /** The next byte of it. */
  receive(): number | undefined;
}

export class ConsoleFunction implements VirtioFunction {
  readonly deviceId = 3;
  readonly features = SIZE_FEATURE;
  readonly queues = 2;
  readonly config = Uint8Array.of(COLUMNS, 0, ROWS, 0, 1, 0, 0, 0);
  readonly #port: ConsolePort;

  constructor(port: ConsolePort) {
    this.#port = port;
  }

  ready(queue: number): boolean {
    return queue !== RECEIVE_QUEUE || this.#port.hasInput();
  }

  serve(queue: number, chain: Chain): number {
    if (queue !== RECEIVE_QUEUE) {
      if (chain.given > 0) this.#port.send(chain.read());
      return 0;
    }
    const bytes: number[] = [];
    while (bytes.length < chain.room) {
      const byte = this.#port.receive();
      if (byte === undefined) break;
      bytes.push(byte);
    }
    chain.write(0, Uint8Array.from(bytes));
    return bytes.length;
  }

  visit(): void {
    // What was typed and not read is the input queue's.
  }
}
