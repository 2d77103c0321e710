/** What a run tells of seals that the user named and the guest never applied: nothing there could be refused. */
import type { SealStatus } from '../session/index.ts';

/** A sentence for each region of a `--seal` that was never sealed. */
export function unsealedRegions(status: readonly SealStatus[]): string[] {
  return status
    .filter(({ region, sealedFirst }) => region.origin === 'configuration' && sealedFirst === undefined)
    .map(
      (region) =>
        `region ${region.region.name} was never sealed: ${region.holes[0]?.text ?? 'no page table in use maps all of it'}; nothing there was refused. ` +
        '--seal watches pages that the guest seals; --what-if seals bytes that it does not',
    );
}
