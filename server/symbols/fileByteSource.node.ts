import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from './bytes.ts';

/** A file on this host, read in the parts that are asked for. Throws what the file system throws. */
export function openFileSource(path: string): ByteSource & { close(): void } {
  const file = openSync(path, 'r');
  const stat = fstatSync(file);
  if (stat.isDirectory()) {
    closeSync(file);
    throw new Error('it is a directory');
  }
  const { size } = stat;
  return {
    size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const count = readSync(file, bytes, filled, length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled === length ? bytes : bytes.subarray(0, filled);
    },
    close: () => closeSync(file),
  };
}
