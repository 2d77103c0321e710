/** One breakpoint with its state: how often it was hit, and what its extras mean. */
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { Breakpoint, BreakpointExtras } from './breakpoint.ts';
import { parseHitCondition, type HitTest } from './hitCondition.ts';
import { parseLogMessage, type LogPiece } from './logMessage.ts';
import { formatValue } from '../../symbols/index.ts';
import { SessionError } from '../errors.ts';

/** What a hit comes to. */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'log'; readonly text: string }
  /** `problem`: a condition that cannot be evaluated stops, and says why. */
  | { readonly kind: 'stop'; readonly problem?: string | undefined };

export class BreakpointEntry {
  /** Described anew when symbols come or go. */
  breakpoint: Breakpoint;
  /** The request as text: an entry survives when its file's breakpoints are set again unchanged. */
  readonly key: string;
  readonly #condition: string | undefined;
  readonly #hitTest: HitTest | undefined;
  readonly #log: readonly LogPiece[] | undefined;
  #hits = 0;

  /** @throws SessionError `request` for a malformed hit count or log message. */
  constructor(breakpoint: Breakpoint, key: string, extras: BreakpointExtras) {
    this.breakpoint = breakpoint;
    this.key = key;
    this.#condition = nonEmpty(extras.condition);
    const hits = nonEmpty(extras.hitCondition);
    this.#hitTest = hits === undefined ? undefined : parseHitCondition(hits);
    const log = nonEmpty(extras.logMessage);
    this.#log = log === undefined ? undefined : parseLogMessage(log);
  }

  /** How often it was reached with its condition true. */
  get hits(): number {
    return this.#hits;
  }

  /** Called each time the guest arrives at it. @param names Further `$names` for its expressions. */
  hit(inspector: GuestInspector, hart: number, names?: Readonly<Record<string, bigint>>): Verdict {
    if (this.#condition !== undefined) {
      const holds = testCondition(this.#condition, inspector, hart, names);
      if (holds === false) return { kind: 'pass' };
      if (holds !== true) return { kind: 'stop', problem: holds };
    }
    this.#hits++;
    if (this.#hitTest?.(this.#hits) === false) return { kind: 'pass' };
    if (this.#log === undefined) return { kind: 'stop' };
    return { kind: 'log', text: this.#log.map((piece) => render(piece, inspector, hart, names)).join('') };
  }
}

/** True, false, or why it cannot be told. */
export function testCondition(
  condition: string,
  inspector: GuestInspector,
  hart: number,
  names?: Readonly<Record<string, bigint>>,
): boolean | string {
  try {
    return inspector.evaluatePurely(condition, inspector.frame(hart, 0), names).toBigInt() !== 0n;
  } catch (error) {
    return `condition "${condition}": ${messageOf(error)}`;
  }
}

function render(
  piece: LogPiece,
  inspector: GuestInspector,
  hart: number,
  names: Readonly<Record<string, bigint>> | undefined,
): string {
  if ('text' in piece) return piece.text;
  try {
    return formatValue(inspector.evaluatePurely(piece.expression, inspector.frame(hart, 0), names));
  } catch (error) {
    return `{${piece.expression}: ${messageOf(error)}}`;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Error && (error.name === 'EvaluationError' || error instanceof SessionError))
    return error.message;
  throw error;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}
