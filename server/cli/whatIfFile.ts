/** `--what-if FILE`: specifications with where they stand, for errors that say so. */
import { readFileSync } from 'node:fs';
import { SealSpecError } from '../sealing/errors.ts';
import { readWhatIfFile } from '../sealing/whatIf/file.ts';
import { SessionError } from '../session/index.ts';
import { UsageError } from './exitStatus.ts';

export class WhatIfFiles {
  readonly specs: readonly string[];
  /** `candidates.txt:12` by specification. */
  readonly #places = new Map<string, string>();

  /** @throws UsageError for a file that cannot be read or has no specification. */
  constructor(paths: readonly string[]) {
    for (const path of paths) {
      const lines = readWhatIfFile(read(path));
      if (lines.length === 0)
        throw new UsageError(`--what-if ${path}: is empty; give a specification a line, such as cpu_caps`);
      for (const { spec, line } of lines)
        if (!this.#places.has(spec)) this.#places.set(spec, `${path}:${line}`);
    }
    this.specs = [...this.#places.keys()];
  }

  /** The error of a specification with its line; any other as it is. */
  placed(error: unknown): unknown {
    if (!(error instanceof SessionError) || !(error.cause instanceof SealSpecError)) return error;
    const place = this.#places.get(error.cause.spec);
    return place === undefined ? error : new UsageError(`${place}: ${error.message}`);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--what-if ${path}: cannot be read: ${(error as Error).message}`);
  }
}
