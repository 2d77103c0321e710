/** Paths: what the compiler wrote into the debug information, and what is on this host. */
export interface Sources {
  /** A path of the debug information as a path on this host. */
  toHost(path: string): string;
  /** All files that the debug information names, as paths on this host, sorted. */
  files(): string[];
}
