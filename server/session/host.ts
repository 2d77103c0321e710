/** What a session needs from the program it runs in: files and turns of its event loop. No Node, no DOM here. */
import type { ByteSource } from '../symbols/index.ts';

export interface SessionHost {
  /**
   * Opens a file for random access. `path` is as the user wrote it; relative paths are the host's business.
   * Rejects with an Error whose message says why the file cannot be read. The session closes what can be closed.
   */
  openFile(path: string): Promise<OpenFile>;
  /** The same for a file that is written to as well. Missing where the program cannot write. */
  openWritableFile?(path: string): Promise<WritableFile>;
  /** All files under a folder, as paths that can be opened; undefined when it is no folder. */
  listFiles?(path: string): Promise<string[] | undefined>;
  readonly scheduler: Scheduler;
}

export interface OpenFile extends ByteSource {
  close?(): void;
}

export interface WritableFile extends OpenFile {
  /** Bytes inside the file, which keeps its size. Throws an Error whose message says why that failed. */
  write(offset: number, bytes: Uint8Array): void;
}

export interface Scheduler {
  /** Resolves in a later turn of the event loop, after requests that have arrived were handled. */
  turn(): Promise<void>;
  /** Milliseconds, monotonic. Decides how long a slice is, never what the guest sees. */
  now(): number;
}
