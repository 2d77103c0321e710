/** What a virtio device does, behind the registers and queues that all of them have. */
import type { Stateful } from '../state.ts';
import type { Chain } from './chain.ts';

export interface VirtioFunction extends Stateful {
  /** Virtio 1.2, chapter 5. */
  readonly deviceId: number;
  /** Feature bits besides VERSION_1. */
  readonly features: bigint;
  readonly queues: number;
  /** The configuration space; read-only. */
  readonly config: Uint8Array;
  /** Whether the next request of a queue can be served now; if not, it waits for a kick. */
  ready(queue: number): boolean;
  /** Bytes written into the chain's room; `broken` for what is no request at all. */
  serve(queue: number, chain: Chain): number | 'broken';
}
