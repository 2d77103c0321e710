/** From names, expressions and addresses to memory, and what is known of what lies there. */
import type { SealRegion } from '../../sealing/region.ts';
import type { WriterHistory } from '../../sealing/refusedStore.ts';
import type { Moment } from '../../sealing/sealEvent.ts';
import type { Value } from '../../symbols/index.ts';
import type { Frame } from '../inspect/inspector.ts';

/** A place that a search has found. */
export interface Hit {
  readonly label: string;
  /** What it is, for people: `object, 96 bytes, .data..ro_after_init`. */
  readonly detail: string;
  readonly kind: 'symbol' | 'section' | 'address' | 'region';
  readonly address: bigint;
  readonly size: number | undefined;
  readonly mapped: boolean;
}

export interface Located {
  readonly address: bigint;
  /** Bytes. */
  readonly size: number | undefined;
  /** `cpu_caps+0x8`. */
  readonly symbol: string | undefined;
  readonly section: string | undefined;
  /** First address of its 4 KiB page. */
  readonly page: bigint;
  readonly mapped: boolean;
  /** Why it is not mapped. */
  readonly problem: string | undefined;
}

export interface Description {
  readonly name: string;
  readonly address: bigint;
  readonly size: number;
  readonly kind: 'object' | 'function' | 'label';
  readonly section: string | undefined;
  /** That it is sealed with, and who sealed that last. */
  readonly region: SealRegion | undefined;
  readonly sealedBy: Moment | undefined;
  readonly page: bigint;
  /** Bits 1–7 of the leaf; undefined where nothing is mapped. */
  readonly pageFlags: number | undefined;
  /** Other symbols on its page; bounded. */
  readonly neighbours: readonly string[];
  readonly neighbourCount: number;
  readonly writers: WriterHistory | undefined;
  /** Undefined for what has no type or cannot be read. */
  readonly value: Value | undefined;
}

export interface Lookup {
  /** Addresses, expressions, parts of symbols' names, sections and regions; best first. */
  find(query: string, limit: number): Hit[];
  /** @throws EvaluationError for an expression that cannot be evaluated, SessionError `request` for one without a place. */
  locate(target: { readonly expression: string; readonly frame?: Frame | undefined } | bigint): Located;
  /** Undefined when there is no such symbol. */
  describe(target: string | bigint): Description | undefined;
}
