/** What fronts see of the phases of a run. */
import type { CodePlace } from '../sealing/codePlace.ts';

export type PhaseKind =
  | 'boot'
  | 'sealed'
  | 'partly-sealed'
  | 'degraded'
  | 'reopened'
  | 'resealed'
  | 'suspend'
  | 'resume'
  | 'hotplug'
  | 'fault'
  | 'exit';

/** `unsealed`: there is nothing to seal, or the guest took all seals off again. */
export type PhaseState = 'booting' | 'sealed' | 'partly-sealed' | 'degraded' | 'unsealed';

export interface Phase {
  readonly kind: PhaseKind;
  readonly step: bigint;
  readonly hart: number | undefined;
  /** `sealed by seal_kernel (hart 0)`. */
  readonly text: string;
  readonly place: CodePlace | undefined;
}

export interface Phases {
  readonly current: PhaseState;
  /** Oldest first; of very many the first and the latest ones. */
  readonly list: readonly Phase[];
}
