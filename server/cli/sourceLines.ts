/** Lines of source files on this host, for showing beside a place in the code. */
import { readFileSync } from 'node:fs';

export class SourceLines {
  readonly #files = new Map<string, readonly string[]>();

  /** The text of a line, counted from 1; undefined when the file is not here or is shorter. */
  at(place: { readonly file?: string | undefined; readonly line?: number | undefined }): string | undefined {
    if (place.file === undefined || place.line === undefined) return undefined;
    return this.#lines(place.file)[place.line - 1];
  }

  #lines(path: string): readonly string[] {
    let lines = this.#files.get(path);
    if (lines === undefined) {
      try {
        lines = readFileSync(path, 'utf8').split('\n');
      } catch {
        // Debug information often names files of another machine: then there is no line to show.
        lines = [];
      }
      this.#files.set(path, lines);
    }
    return lines;
  }
}
