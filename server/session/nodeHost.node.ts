/** A session's host in Node: files of the file system, turns of libuv's event loop. */
import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { openFileForWriting, openFileSource } from '../symbols/fileByteSource.node.ts';
import type { SessionHost } from './host.ts';

/** @param base Directory that relative paths start from; default the process's own. */
export function nodeHost(base = process.cwd()): SessionHost {
  return {
    listFiles: async (path) => {
      const folder = resolve(base, path);
      const isFolder = await stat(folder).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!isFolder) return undefined;
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => resolve(entry.parentPath, entry.name));
    },
    openFile: (path) => Promise.resolve().then(() => openFileSource(resolve(base, path))),
    openWritableFile: (path) => Promise.resolve().then(() => openFileForWriting(resolve(base, path))),
    scheduler: {
      turn: async () => {
        await setImmediate();
      },
      now: () => performance.now(),
    },
  };
}
