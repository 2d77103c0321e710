/** The language server's host in Node: the file system. */
import { statSync } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openFileSource } from '../symbols/fileByteSource.node.ts';
import type { LanguageHost } from './host.ts';

export const nodeHost: LanguageHost = {
  openFile: openFileSource,

  identity(path) {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
      return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
    } catch {
      return undefined;
    }
  },

  async readText(path, maximumBytes) {
    try {
      const status = await stat(path);
      return status.isFile() && status.size <= maximumBytes ? await readFile(path, 'utf8') : undefined;
    } catch {
      return undefined;
    }
  },

  async findFiles(folder, name, maximumEntries) {
    const found: string[] = [];
    const folders = [folder];
    let left = maximumEntries;
    for (let at = folders.shift(); at !== undefined; at = folders.shift()) {
      const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (left-- === 0) return found;
        // Version control and tools' dependencies hold no source of the kernel.
        if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
        if (entry.isDirectory()) folders.push(join(at, entry.name));
        else if (entry.isFile() && name.test(entry.name)) found.push(join(at, entry.name));
      }
    }
    return found;
  },

  toPath(uri) {
    try {
      return fileURLToPath(uri);
    } catch {
      return undefined;
    }
  },

  toUri: (path) => pathToFileURL(path).href,
};
