/**
 * The breakpoints that the client has set, in its own terms: they outlive a restart, for which clients do not set
 * them again, and keep the ids that the client knows although the new session numbers them anew.
 */
import type { Breakpoint, Session } from '../session/index.ts';

/** Sets all breakpoints of one kind (or file) and answers in the order of the request. */
export type SetBreakpoints = (session: Session) => readonly Breakpoint[];

export type SetExceptions = (session: Session) => readonly Answer[];

/** Whether a breakpoint or filter is set, and why not. */
type Answer = Pick<Breakpoint, 'verified' | 'message'>;

const notDebugging: Answer = { verified: false, message: 'The guest was launched without debugging.' };

export interface NumberedBreakpoint {
  /** As the client knows it. */
  readonly id: number;
  readonly breakpoint: AnsweredBreakpoint;
}

/** Of the session's breakpoint, what there is to say about one that was never set. */
export type AnsweredBreakpoint = Answer & Partial<Pick<Breakpoint, 'place'>>;

export class BreakpointBook {
  readonly #sets = new Map<string, { readonly apply: SetBreakpoints; ids: readonly number[] }>();
  #clientIds = new Map<number, number>();
  #nextId = 1;
  /** False when the guest was launched without debugging: then breakpoints are accepted and never verified. */
  enabled = true;
  #exceptions: SetExceptions | undefined;

  /** `key` says which earlier set this one replaces, `count` how many are asked for. */
  set(session: Session, key: string, count: number, apply: SetBreakpoints): NumberedBreakpoint[] {
    if (!this.enabled) {
      return Array.from({ length: count }, () => ({ id: this.#nextId++, breakpoint: notDebugging }));
    }
    const numbered = apply(session).map((breakpoint) => ({ id: this.clientId(breakpoint.id), breakpoint }));
    this.#sets.set(key, { apply, ids: numbered.map(({ id }) => id) });
    return numbered;
  }

  /** The same for exception filters, which have no numbers. */
  setExceptions(session: Session, count: number, apply: SetExceptions): readonly Answer[] {
    if (!this.enabled) return Array.from({ length: count }, () => notDebugging);
    this.#exceptions = apply;
    return apply(session);
  }

  /** Sets everything again in a new session; returns it all, for the client to be told what has changed. */
  reapply(session: Session): NumberedBreakpoint[] {
    this.#clientIds = new Map();
    this.#exceptions?.(session);
    return [...this.#sets.values()].flatMap(({ apply, ids }) =>
      apply(session).map((breakpoint, index) => {
        const id = ids[index]!;
        this.#clientIds.set(breakpoint.id, id);
        return { id, breakpoint };
      }),
    );
  }

  /** How often the breakpoint of a client's number was hit in this session. */
  hitsOf(session: Session, clientId: number): number {
    for (const [id, known] of this.#clientIds) if (known === clientId) return session.breakpoints.hitsOf(id);
    return 0;
  }

  /** The client's number for a breakpoint of the session. */
  clientId(sessionId: number): number {
    const known = this.#clientIds.get(sessionId);
    if (known !== undefined) return known;
    const id = this.#nextId++;
    this.#clientIds.set(sessionId, id);
    return id;
  }
}
