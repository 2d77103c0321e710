/** What the language server needs from the program it runs in: files and URIs. No Node, no DOM here. */
import type { OpenFile } from '../session/host.ts';

export interface LanguageHost {
  /** Opens a file for random access. Throws an Error that says why it cannot. */
  openFile(path: string): OpenFile;
  /** A text that is another one whenever the file is another one; undefined when there is no such file. */
  identity(path: string): string | undefined;
  /** Undefined for what is no file, cannot be read, or has more than `maximumBytes`. */
  readText(path: string, maximumBytes: number): Promise<string | undefined>;
  /** Files under a folder whose names match, nearest first; ends after `maximumEntries` directory entries. */
  findFiles(folder: string, name: RegExp, maximumEntries: number): Promise<string[]>;
  /** Undefined for a URI that is no file. */
  toPath(uri: string): string | undefined;
  toUri(path: string): string;
}
