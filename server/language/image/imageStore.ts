/**
 * The images of the workspace, opened when they are first asked and again when a build has replaced them. Each
 * question looks whether the file is still the same, before and after: an answer never comes from an image that was
 * half written, or that changed meanwhile. That is cheaper than watching, and misses nothing.
 */
import { openSymbolFile } from '../../symbols/index.ts';
import type { LanguageHost } from '../host.ts';
import { isInside } from '../paths.ts';
import type { ImageConfiguration } from '../protocol.ts';
import { Image } from './image.ts';

type Opened =
  | { readonly identity: string; readonly image: Image; close(): void }
  /** Not to be tried again before the file is another one. */
  | { readonly identity: string; readonly image: undefined };

export class ImageStore {
  readonly #host: LanguageHost;
  readonly #log: (message: string) => void;
  readonly #opened = new Map<ImageConfiguration, Opened>();
  readonly #told = new Set<string>();
  #configurations: readonly ImageConfiguration[] = [];

  /** `log` gets one message a problem. */
  constructor(host: LanguageHost, log: (message: string) => void) {
    this.#host = host;
    this.#log = log;
  }

  /** Images that did not change in the configuration stay open. */
  configure(configurations: readonly ImageConfiguration[]): void {
    const same = new Map([...this.#opened.keys()].map((each) => [JSON.stringify(each), each]));
    this.#configurations = configurations.map((each) => same.get(JSON.stringify(each)) ?? each);
    for (const [configuration, opened] of this.#opened) {
      if (this.#configurations.includes(configuration)) continue;
      close(opened);
      this.#opened.delete(configuration);
    }
  }

  /** The first answer of an image that is in charge of a file. */
  firstAnswer<T>(path: string, question: (image: Image) => T | undefined): T | undefined {
    for (const configuration of this.#inCharge(path)) {
      const answer = this.#ask(configuration, question);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  dispose(): void {
    this.configure([]);
  }

  #inCharge(path: string): ImageConfiguration[] {
    return this.#configurations.filter(({ folder }) => folder === '' || isInside(path, folder));
  }

  #ask<T>(configuration: ImageConfiguration, question: (image: Image) => T | undefined): T | undefined {
    const { path } = configuration;
    // A second time if a build replaced the image during the first.
    for (let attempt = 0; attempt < 2; attempt++) {
      const opened = this.#open(configuration);
      if (opened?.image === undefined) return undefined;
      let answer: T | undefined;
      let problem: unknown;
      try {
        answer = question(opened.image);
      } catch (error) {
        problem = error;
      }
      if (this.#host.identity(path) !== opened.identity) continue;
      if (problem !== undefined) this.#tell(path, messageOf(problem));
      return answer;
    }
    return undefined;
  }

  #open(configuration: ImageConfiguration): Opened | undefined {
    const { path } = configuration;
    const identity = this.#host.identity(path);
    const before = this.#opened.get(configuration);
    if (before !== undefined && before.identity === identity) return before;
    if (before !== undefined) close(before);
    this.#opened.delete(configuration);
    if (identity === undefined) {
      this.#tell(path, 'there is no such file yet; hovers come with it');
      return undefined;
    }
    const opened = this.#read(configuration, identity);
    this.#opened.set(configuration, opened);
    return opened;
  }

  #read(configuration: ImageConfiguration, identity: string): Opened {
    const { path } = configuration;
    let source: ReturnType<LanguageHost['openFile']> | undefined;
    try {
      source = this.#host.openFile(path);
      const symbols = openSymbolFile(source, (problem) => this.#tell(path, problem.message));
      const image = new Image(configuration, symbols, (problem) => this.#tell(path, problem.message));
      return { identity, image, close: () => source?.close?.() };
    } catch (error) {
      source?.close?.();
      this.#tell(path, messageOf(error));
      return { identity, image: undefined };
    }
  }

  #tell(path: string, problem: string): void {
    const message = `${path}: ${problem}`;
    if (this.#told.size > 1000 || this.#told.has(message)) return;
    this.#told.add(message);
    this.#log(message);
  }
}

function close(opened: Opened): void {
  if (opened.image !== undefined) opened.close();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
