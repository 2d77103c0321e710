import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { ByteSource } from './bytes.ts';

/** A file on this host, read in the parts that are asked for. Throws what the file system throws. */
export function openFileSource(path: string): ByteSource & { close(): void } {
  return sourceOf(openSync(path, 'r'));
}

/** The same for one that is also written to. */
export function openFileForWriting(
  path: string,
): ReturnType<typeof openFileSource> & { write(offset: number, bytes: Uint8Array): void } {
  const file = openSync(path, 'r+');
  return {
    ...sourceOf(file),
    write(offset, bytes) {
      for (let done = 0; done < bytes.length;)
        done += writeSync(file, bytes, done, bytes.length - done, offset + done);
    },
  };
}

function sourceOf(file: number): ByteSource & { close(): void } {
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
