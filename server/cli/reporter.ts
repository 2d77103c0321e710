/** How a run tells what happens: as JSON lines, or as the guest's console with notes beside it. */
import {
  mergeScenarios,
  sealerOf,
  type RefusedStore,
  type WhatIfReport,
  type SealChange,
  type SessionEvent,
} from '../session/index.ts';
import { counted, grouped, hex, reportOf, reportText, type JsonObject } from '../session/report/index.ts';
import { consoleJson, exitJson, mips, sealJson, sealedWriteJson, type Summary } from './jsonEvents.ts';
import type { StorePolicy } from './options.ts';
import { placeText, shortPath, type Output } from './output.ts';
import { SourceLines } from './sourceLines.ts';
import type { WindowLines } from './windows.ts';
import { annotationLines, summaryLine, whatIfReportJson, whatIfSealedJson } from './whatIfReport.ts';

/** Modules lie in single frames, each of which has an alias of its own. */
const MAX_ALIASES = 4;

export type ConsoleEvent = Extract<SessionEvent, { type: 'console' }>;
export type WhatIfEvent = Extract<SessionEvent, { type: 'whatIf' }>;

export interface Reporter {
  /** For reports that write themselves. */
  readonly lines: WindowLines;
  console(event: ConsoleEvent): void;
  seal(change: SealChange): void;
  sealedWrite(refused: RefusedStore, action: StorePolicy): void;
  whatIfSealed(event: WhatIfEvent): void;
  /** At the end of a run with what-if seals. */
  whatIf(report: WhatIfReport): void;
  /** Something the user should know of that is no event of the guest. */
  log(text: string): void;
  exit(summary: Summary): void;
}

/** One object a line on `output`, nothing else; what is no event goes to `notes`. */
export class JsonReporter implements Reporter {
  readonly lines: WindowLines = { event: (event) => this.#write(event), note: (text) => this.log(text) };
  readonly #sources = new SourceLines();

  constructor(
    private readonly output: Output,
    private readonly notes: Output,
  ) {}

  console({ text }: ConsoleEvent): void {
    this.#write(consoleJson(text));
  }

  seal(change: SealChange): void {
    this.#write(sealJson(change));
  }

  sealedWrite(refused: RefusedStore, action: StorePolicy): void {
    this.#write(sealedWriteJson(refused, action, this.#sources.at(refused.place)));
  }

  whatIfSealed({ step, since, seals }: WhatIfEvent): void {
    this.#write(whatIfSealedJson(step, since, seals));
  }

  whatIf(report: WhatIfReport): void {
    this.#write(whatIfReportJson(report));
  }

  log(text: string): void {
    this.notes.line(`sealscope: ${text}`);
  }

  exit(summary: Summary): void {
    this.#write(exitJson(summary));
  }

  #write(event: JsonObject): void {
    this.output.line(JSON.stringify(event));
  }
}

export interface TextReporterOptions {
  readonly guest: Output | undefined;
  readonly notes: Output;
  readonly stats?: true | undefined;
}

/** The guest's output as it is, and notes on a stream of their own. */
export class TextReporter implements Reporter {
  readonly lines: WindowLines = { event: undefined, note: (text) => this.log(text) };
  readonly #sources = new SourceLines();
  readonly #reported = new Set<string>();

  constructor(private readonly options: TextReporterOptions) {}

  console({ bytes }: ConsoleEvent): void {
    this.options.guest?.write(bytes);
  }

  seal(change: SealChange): void {
    for (const text of sealLines(change)) this.#note(text);
  }

  /** In full the first time, in a line when the same instruction writes the same symbol again. */
  sealedWrite(refused: RefusedStore, action: StorePolicy): void {
    const { notes } = this.options;
    const finding = `${refused.object?.symbol ?? ''} ${refused.place.pc}`;
    if (this.#reported.has(finding)) {
      this.#note(`again, at step ${grouped(refused.step)}: ${refused.story} → ${action}`);
      return;
    }
    this.#reported.add(finding);
    const report = reportOf(refused, this.#sources.at(refused.place));
    notes.lines(reportText(report, { width: notes.width, paint: notes.paint, path: shortPath }));
    this.#note(`sealed write → ${action}`);
  }

  whatIfSealed({ since, seals }: WhatIfEvent): void {
    this.#note(`${counted(seals, 'what-if seal')} since ${since}`);
  }

  whatIf(report: WhatIfReport): void {
    const annotations = mergeScenarios([{ name: 'this run', report }]);
    this.#note(summaryLine(report, annotations));
    if (report.since !== undefined) this.options.notes.lines(annotationLines(annotations, 'this run'));
  }

  log(text: string): void {
    this.#note(text);
  }

  exit(summary: Summary): void {
    const { exit } = summary;
    const ending = endings[exit.reason];
    if (ending !== undefined) this.#note(`${ending} (step ${grouped(exit.step)})`);
    if (this.options.stats) this.#note(statistics(summary));
  }

  #note(text: string): void {
    this.options.notes.line(`sealscope: ${text}`);
  }
}

/** Who meant it comes first; where the last page-table entry was written is a detail. */
function sealLines({ kind, moment, regions, aliases }: SealChange): string[] {
  const sealer = sealerOf(moment);
  const detail = sealer === moment.place ? '' : `, at ${placeText(moment.place)}`;
  const by = `by hart ${moment.hart} in ${placeText(sealer)}${detail}, step ${grouped(moment.step)}`;
  const span = ({ start, end }: { start: bigint; end: bigint }): string => `${hex(start)} to ${hex(end)}`;
  const lines = regions.flatMap((region) => [
    `${region.name} ${kind}: ${span(region)}, ${by}`,
    ...region.parts.map((part) => `  with ${part.name}: ${span(part)}`),
  ]);
  return [...lines, ...aliases.slice(0, MAX_ALIASES).map((alias) => `  and its alias: ${span(alias)}`)];
}

/** What is worth a word: a guest that powers off as it should is not. */
const endings: Partial<Record<Summary['exit']['reason'], string>> = {
  fail: 'the guest failed',
  limit: 'the limit of instructions was reached',
  stop: 'stopped',
  idle: 'every hart waits, and nothing can wake one',
};

function statistics({ exit, seconds, sealedWrites, degraded, stateHash }: Summary): string {
  return [
    `${counted(exit.step, 'instruction')} in ${seconds.toFixed(3)} s (${mips(exit.step, seconds).toFixed(1)} MIPS)`,
    counted(sealedWrites, 'sealed write') + (degraded ? ', degraded' : ''),
    ...(stateHash === undefined ? [] : [`state ${stateHash}`]),
  ].join('; ');
}
