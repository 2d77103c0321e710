/** The prebuilt sample kernel, for tests that need a real image. */
import { readFileSync } from 'node:fs';
import { byteSourceOf, openSymbolFile, type SymbolFile } from '../../../server/symbols/index.ts';

export const SAMPLE = 'samples/resume-bug/resume-bug.elf';

export function sampleSymbols(): SymbolFile {
  return openSymbolFile(byteSourceOf(new Uint8Array(readFileSync(SAMPLE))));
}
