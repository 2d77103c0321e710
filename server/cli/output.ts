/** Where a command writes to: the process's streams, or what a test puts in their place. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import type { CodePlace } from '../session/index.ts';
import { codeText, coloured, sourceText, uncoloured, type Paint } from '../session/report/index.ts';
import { UsageError } from './exitStatus.ts';

/** A text stream that a reader may close at any time. */
export class Output {
  readonly paint: Paint;
  /** Columns to lay text out for: the terminal's, within what reads well. */
  readonly width: number;

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.paint = wantsColour(stream) ? coloured : uncoloured;
    this.width = Math.min(100, Math.max(72, stream.isTTY ? stream.columns : 96));
  }

  get isTerminal(): boolean {
    return this.stream.isTTY;
  }

  write(text: string | Uint8Array): void {
    if (this.stream.writable) this.stream.write(text);
  }

  line(text: string): void {
    this.write(`${text}\n`);
  }

  lines(lines: readonly string[]): void {
    this.write(lines.map((line) => `${line}\n`).join(''));
  }
}

/** A path as one would type it here: relative to the working directory, for what lies in it. */
export function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return isAbsolute(path) && !fromHere.startsWith('..') ? fromHere : path;
}

/** `mark_rodata_ro+0x1c (mm/rodata.c:40)`, with a short path; without what is not known. */
export function placeText(place: CodePlace): string {
  if (place.file === undefined) return codeText(place);
  return `${codeText(place)} (${sourceText({ ...place, file: shortPath(place.file) })})`;
}

/** A terminal that has not been asked to stay plain (https://no-color.org). */
function wantsColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

/** Calls `onBroken` once when nobody reads what is written any more (EPIPE). */
export function watchForBrokenPipes(onBroken: () => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      onBroken();
    });
  }
}

/** A file that takes the guest's output. */
export class OutputFile {
  readonly #descriptor: number;

  /** @throws UsageError when the file cannot be written. */
  constructor(path: string) {
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`--console ${path}: cannot be written: ${(error as Error).message}`);
    }
  }

  write(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;) written += writeSync(this.#descriptor, bytes, written);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
