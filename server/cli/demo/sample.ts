/** Where the bundled sample is: beside dist/ in a package, beside server/ in a working tree. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../exitStatus.ts';

export interface Sample {
  /** Path of the image. */
  readonly image: string;
  /** Directory of its sources. */
  readonly directory: string;
}

export function bundledSample(): Sample {
  for (const root of ['..', '../..', '../../..']) {
    const image = fileURLToPath(new URL(`${root}/samples/resume-bug/resume-bug.elf`, import.meta.url));
    if (existsSync(image)) return { image, directory: dirname(image) };
  }
  throw new UsageError('demo: samples/resume-bug/resume-bug.elf is missing; restore it from the repository');
}
