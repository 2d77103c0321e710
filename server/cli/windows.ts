/** What `sealscope run` tells of windows: broken rules and DMA as they happen, everything else at the end. */
import { readFileSync } from 'node:fs';
import {
  readConfiguration,
  type DmaIntoSeal,
  type RaceRequest,
  type SessionConfiguration,
  type SessionEvent,
  type Violation,
  type Window,
  type Windows,
} from '../session/index.ts';
import {
  counted,
  dmaJson,
  dmaText,
  grouped,
  histogramText,
  racesJson,
  racesText,
  violationJson,
  windowJson,
  windowText,
  type JsonObject,
} from '../session/report/index.ts';
import { UsageError } from './exitStatus.ts';

/** Where the lines of a run go: JSON events, or notes for people. */
export interface WindowLines {
  readonly event: ((event: JsonObject) => void) | undefined;
  readonly note: (text: string) => void;
}

/** Windows that the text report shows in full: kernels that patch themselves have thousands. */
const SHOWN = 40;
/** Openers whose windows are raced for. */
const RACED = 8;

export class WindowReporter {
  readonly #windows: Windows;
  readonly #lines: WindowLines;
  readonly #all: boolean;

  /** @param all Report every window, not only broken rules. */
  constructor(windows: Windows, lines: WindowLines, all: boolean) {
    this.#windows = windows;
    this.#lines = lines;
    this.#all = all;
  }

  note(event: SessionEvent): void {
    if (event.type === 'violation') this.#violation(event.violation);
    else if (event.type === 'dma') this.#dma(event.dma);
    else if (event.type === 'window' && event.reason === 'closed' && this.#all)
      this.#lines.event?.(windowJson(this.#windows, event.window));
  }

  /** The run has ended. */
  end(): void {
    if (!this.#all) return;
    const { list, count, histogram, violationCount } = this.#windows;
    if (this.#lines.event !== undefined) {
      for (const window of list)
        if (window.closed === undefined) this.#lines.event(windowJson(this.#windows, window));
      return;
    }
    this.#lines.note(`${counted(count, 'window')}, ${counted(violationCount, 'broken rule')}`);
    for (const line of histogramText(histogram)) this.#lines.note(line);
    for (const window of list.slice(0, SHOWN))
      for (const line of windowText(this.#windows, window)) this.#lines.note(line);
    if (count > SHOWN) this.#lines.note(`and ${grouped(count - SHOWN)} more; --json tells them all`);
  }

  /** For each function that opened windows the first of them: the others are likely to be as it is. */
  async races(request: RaceRequest): Promise<void> {
    const openers = new Map<string, Window>();
    for (const window of this.#windows.list)
      if (!openers.has(window.opener.function)) openers.set(window.opener.function, window);
    for (const window of [...openers.values()].slice(0, RACED)) {
      const report = await this.#windows.races(window.number, request);
      if (this.#lines.event !== undefined) this.#lines.event(racesJson(this.#windows, report));
      else for (const line of racesText(this.#windows, report)) this.#lines.note(line);
    }
  }

  #violation(violation: Violation): void {
    if (this.#lines.event !== undefined) this.#lines.event(violationJson(violation));
    else this.#lines.note(`broken rule: ${violation.text}`);
  }

  #dma(dma: DmaIntoSeal): void {
    if (this.#lines.event !== undefined) this.#lines.event(dmaJson(dma));
    else this.#lines.note(dmaText(dma));
  }
}

/** `--window-rules FILE`: the launch attribute `writeWindows` as a JSON file. */
export function readWindowRules(
  image: string,
  path: string | undefined,
): SessionConfiguration['writeWindows'] {
  if (path === undefined) return undefined;
  try {
    const writeWindows = JSON.parse(readFileSync(path, 'utf8')) as unknown;
    return readConfiguration({ program: image, writeWindows }).writeWindows;
  } catch (error) {
    throw new UsageError(`--window-rules ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
