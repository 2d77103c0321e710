/** What `sealscope run` tells of write-once memory: broken rules as they happen, objects and what they cost at the end. */
import { readFileSync } from 'node:fs';
import {
  fragmentationJson,
  fragmentationText,
  objectJson,
  objectPageJson,
  readConfiguration,
  writeOnceText,
  writeOnceViolationJson,
  type SessionConfiguration,
  type WriteOnce,
  type WriteOnceViolation,
} from '../session/index.ts';
import { counted, type JsonObject } from '../session/report/index.ts';
import { UsageError } from './exitStatus.ts';

/** Where the lines of a run go: JSON events, or notes for people. */
export interface WriteOnceLines {
  readonly event: ((event: JsonObject) => void) | undefined;
  readonly note: (text: string) => void;
}

export class WriteOnceReporter {
  readonly #writeOnce: WriteOnce;
  readonly #lines: WriteOnceLines;
  readonly #all: boolean;

  /** @param all Report every page and object, not only broken rules and what the objects cost. */
  constructor(writeOnce: WriteOnce, lines: WriteOnceLines, all: boolean) {
    this.#writeOnce = writeOnce;
    this.#lines = lines;
    this.#all = all;
  }

  /** A rule was broken, in this way for the first time. */
  violation(violation: WriteOnceViolation): void {
    if (this.#lines.event === undefined) this.#lines.note(violation.story);
    else this.#lines.event({ event: 'writeOnce', ...writeOnceViolationJson(violation) });
  }

  /** The run has ended. Without objects there is nothing to tell. */
  end(): void {
    const { memories, objects, pages, fragmentation, violations, complete } = this.#writeOnce;
    if (memories.length === 0 || (objects.length === 0 && !this.#all)) return;
    const { event, note } = this.#lines;
    if (event !== undefined) {
      event({
        event: 'writeOnceSummary',
        memories,
        complete,
        fragmentation: fragmentationJson(fragmentation),
        violations: violations.map(({ check, count }) => ({ check, count })),
        ...(this.#all ? { pages: pages.map(objectPageJson), objects: objects.map(objectJson) } : {}),
      });
      return;
    }
    note(`write-once memory ${memories.join(', ')}: ${fragmentationText(fragmentation)}`);
    const again = violations.filter(({ count }) => count > 1);
    if (again.length > 0)
      note(
        `broken rules: ${again.map(({ check, count }) => `${check} ${counted(count, 'time')}`).join(', ')}`,
      );
    if (this.#all) for (const line of writeOnceText(this.#writeOnce)) note(line);
  }
}

/** `--write-once FILE`: the launch attribute `writeOnce` as a JSON file. */
export function readWriteOnce(image: string, path: string | undefined): SessionConfiguration['writeOnce'] {
  if (path === undefined) return undefined;
  try {
    const writeOnce = JSON.parse(readFileSync(path, 'utf8')) as unknown;
    return readConfiguration({ program: image, writeOnce }).writeOnce;
  } catch (error) {
    throw new UsageError(`--write-once ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
