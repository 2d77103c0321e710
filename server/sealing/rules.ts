/** Refused stores that are nobody's bug: probes with a fixup, and writers the user allows. */
import type { CodePlace } from './codePlace.ts';
import type { ExceptionTable } from './exceptionTable.ts';

export interface RuleSettings {
  /** Treat stores with an exception-table entry like any other. Default: they are ignored. */
  readonly reportProbes: boolean;
  /** Functions that may write; a function counts when it is anywhere in the inlined chain at the pc. */
  readonly allowWriters: readonly string[];
}

export class Rules {
  #tables: readonly ExceptionTable[];
  readonly #settings: RuleSettings;

  constructor(table: ExceptionTable, settings: RuleSettings) {
    this.#tables = [table];
    this.#settings = settings;
  }

  /** A module brings a table of its own. */
  add(table: ExceptionTable): void {
    this.#tables = [...this.#tables, table];
  }

  remove(table: ExceptionTable): void {
    this.#tables = this.#tables.filter((each) => each !== table);
  }

  fixupOf(pc: bigint): bigint | undefined {
    for (const table of this.#tables) {
      const fixup = table.fixupOf(pc);
      if (fixup !== undefined) return fixup;
    }
    return undefined;
  }

  /** Why a store at `pc` is to be passed on to the guest without a word; undefined when it is not. */
  ignores(pc: bigint, chain: readonly CodePlace[]): string | undefined {
    if (!this.#settings.reportProbes && this.fixupOf(pc) !== undefined) return 'exception-table probe';
    const writer = chain.find((place) => this.#settings.allowWriters.includes(place.function));
    return writer && `allowed writer ${writer.function}`;
  }
}
