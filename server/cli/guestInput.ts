/** What is typed at the guest's console: a file before the run, or a terminal during it. */
import { readFileSync } from 'node:fs';
import { UsageError } from './exitStatus.ts';

/** @throws UsageError when the file cannot be read. */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new UsageError(`--input ${path}: cannot be read: ${(error as Error).message}`);
  }
}

const prefix = 0x01;
const help = '\r\nCtrl-A x  end the run\r\nCtrl-A Ctrl-A  send Ctrl-A\r\nCtrl-A h  this help\r\n';

export interface KeyActions {
  send(bytes: Uint8Array): void;
  show(text: string): void;
  quit(): void;
}

/** QEMU's keys: Ctrl-A begins a command, everything else is the guest's. */
export class KeyReader {
  #command = false;

  constructor(private readonly actions: KeyActions) {}

  read(bytes: Uint8Array): void {
    const guest: number[] = [];
    for (const byte of bytes) {
      if (!this.#command) {
        if (byte === prefix) this.#command = true;
        else guest.push(byte);
        continue;
      }
      this.#command = false;
      if (byte === prefix) guest.push(byte);
      else if (byte === 0x78) this.actions.quit();
      else if (byte === 0x68) this.actions.show(help);
    }
    if (guest.length > 0) this.actions.send(Uint8Array.from(guest));
  }
}

/**
 * Hands a terminal's keys over one by one, Ctrl-C included, until the function it returns is called; that gives the
 * terminal back as it was.
 */
export function attachTerminal(stdin: NodeJS.ReadStream, actions: KeyActions): () => void {
  const reader = new KeyReader(actions);
  const onData = (bytes: Buffer): void => reader.read(bytes);
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  return () => {
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
