/**
 * What became of what-if seals: in one run, and over several. A candidate that nobody wrote to after the seal was
 * not written in these runs; that is never "safe".
 */
import type { CodePlace } from '../codePlace.ts';

/** Stores of one instruction to sealed bytes. */
export interface WhatIfWriter {
  readonly place: CodePlace;
  /** Of the first store; innermost first. */
  readonly stack: readonly CodePlace[];
  readonly hart: number;
  readonly step: bigint;
  readonly count: number;
  readonly redundant: 'always' | 'never' | 'sometimes';
}

export interface WhatIfResult {
  /** Unique in the session. */
  readonly id: number;
  /** As it was asked for. */
  readonly spec: string;
  readonly start: bigint;
  readonly end: bigint;
  /** The object that the bytes belong to. */
  readonly symbol: string | undefined;
  readonly type: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** `waiting` for the moment; `dropped` by a `retry`. */
  readonly state: 'waiting' | 'sealed' | 'dropped';
  /** Stores before the seal, those that changed something, and who made the last of these. */
  readonly storesBefore: number;
  readonly changesBefore: number;
  readonly lastBefore: CodePlace | undefined;
  /** Stores since, those that would have changed something, and who. */
  readonly storesAfter: number;
  readonly changesAfter: number;
  readonly firstAfter: CodePlace | undefined;
  readonly writers: readonly WhatIfWriter[];
}

export interface WhatIfReport {
  /** From when on the seals hold, in words; undefined while they do not. */
  readonly since: string | undefined;
  /** The moment that they wait for, in words. */
  readonly after: string;
  readonly results: readonly WhatIfResult[];
}

/** What to make of a candidate. */
export type WhatIfVerdict =
  /** Written before the seal only: could be `__ro_after_init`. */
  | 'ro_after_init'
  /** Never changed at all: could be `const`. */
  | 'const'
  /** Written after the seal, always with the value that was there. */
  | 'redundant'
  /** Written after the seal. */
  | 'written'
  /** No run came to the seal. */
  | 'unknown';

/** One run of several. */
export interface Scenario {
  readonly name: string;
  readonly report: WhatIfReport;
}

/** A candidate over all runs. */
export interface Annotation {
  readonly candidate: WhatIfResult;
  readonly verdict: WhatIfVerdict;
  /** Of the runs that came to the seal, those in which it was written since; and by whom, of the first such run. */
  readonly writtenIn: readonly string[];
  readonly writers: readonly WhatIfWriter[];
  readonly storesAfter: number;
}

/** One annotation a candidate, in the order of the first run. */
export function mergeScenarios(scenarios: readonly Scenario[]): Annotation[] {
  const sealed = scenarios.filter(({ report }) => report.since !== undefined);
  const [first] = scenarios;
  return (first?.report.results ?? []).map((candidate) => {
    const runs = sealed.flatMap(({ name, report }) => {
      const result = report.results.find(
        ({ spec, start }) => spec === candidate.spec && start === candidate.start,
      );
      return result === undefined ? [] : [{ name, result }];
    });
    const written = runs.filter(({ result }) => result.storesAfter > 0);
    return {
      candidate,
      verdict: verdictOf(runs.map(({ result }) => result)),
      writtenIn: written.map(({ name }) => name),
      writers: written[0]?.result.writers ?? [],
      storesAfter: written.reduce((sum, { result }) => sum + result.storesAfter, 0),
    };
  });
}

function verdictOf(results: readonly WhatIfResult[]): WhatIfVerdict {
  if (results.length === 0) return 'unknown';
  if (results.some(({ changesAfter }) => changesAfter > 0)) return 'written';
  if (results.some(({ storesAfter }) => storesAfter > 0)) return 'redundant';
  return results.some(({ changesBefore }) => changesBefore > 0) ? 'ro_after_init' : 'const';
}
