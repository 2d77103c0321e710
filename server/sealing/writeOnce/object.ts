/** Objects of write-once memory, and what has become of each place that holds one: its lane. */
import type { CodePlace } from '../codePlace.ts';
import type { Moment } from '../sealEvent.ts';
import type { WriteOnceCheck } from './check.ts';

/**
 * `allocated`: not initialised yet. `initialising`: in init-once. `sealed`: initialised. `freeing`: in free.
 * `freed`: on the freelist.
 */
export type ObjectState = 'allocated' | 'initialising' | 'sealed' | 'freeing' | 'freed';

export interface LaneEvent {
  readonly kind: 'allocated' | 'initialising' | 'sealed' | 'freed' | 'violation';
  readonly step: bigint;
  readonly hart: number;
  /** Who did it: the caller, where it is a call. */
  readonly place: CodePlace;
  /** From 1: how often the place had been allocated. */
  readonly life: number;
  /** For `violation`. */
  readonly check?: WriteOnceCheck | undefined;
}

/** Older events of a lane are dropped. */
const MAX_LANE = 128;

export class WriteOnceObject {
  /** Name of the specification, and of the cache where the specification tells it. */
  readonly memory: string;
  readonly cache: string | undefined;
  readonly address: bigint;
  /** Bytes. */
  readonly size: number;
  state: ObjectState = 'allocated';
  lives = 0;
  /** Stores to it, refused ones not counted. */
  stores = 0;
  readonly #events: LaneEvent[] = [];
  #dropped = 0;

  constructor(memory: string, cache: string | undefined, address: bigint, size: number) {
    this.memory = memory;
    this.cache = cache;
    this.address = address;
    this.size = size;
  }

  get end(): bigint {
    return this.address + BigInt(this.size);
  }

  get isLive(): boolean {
    return this.state !== 'freed';
  }

  /** Oldest first. */
  get events(): readonly LaneEvent[] {
    return this.#events;
  }

  /** Events that the lane no longer holds. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether all of these bytes are the object's. */
  holds(start: bigint, size: number): boolean {
    return this.address <= start && start + BigInt(size) <= this.end;
  }

  note(kind: LaneEvent['kind'], { step, hart }: Moment, place: CodePlace, check?: WriteOnceCheck): void {
    if (this.#events.length === MAX_LANE) {
      this.#events.shift();
      this.#dropped++;
    }
    this.#events.push({ kind, step, hart, place, life: this.lives, ...(check && { check }) });
  }

  /** When it was sealed last in this life. */
  get sealedAt(): LaneEvent | undefined {
    return this.#events.findLast(({ kind, life }) => kind === 'sealed' && life === this.lives);
  }
}
