/** What-if seals of a session: bytes that are refused to every store although no page is sealed. */
import type { WhatIfReport } from '../../sealing/whatIf/report.ts';

/** What to seal: a specification, as `cpu_caps.features[2]`, or bytes from an address on. */
export type WhatIfTarget = string | { readonly address: bigint; readonly length: number };

export interface WhatIf {
  /** What became of every seal so far. */
  report(): WhatIfReport;
  /**
   * Seals more, from the same moment on as the others; where there were none, from now on.
   * @returns Ids of the new seals.
   * @throws SessionError `seal` for what names nothing, or lies in no memory.
   */
  add(target: WhatIfTarget): number[];
  /** @throws SessionError `request` when there is no such seal. */
  remove(id: number): void;
  /** All seals hold from now on, whatever moment they wait for. */
  sealNow(): void;
}
