/** Stores that nothing refuses although what they hit is sealed: they stop like refused ones, before they happen. */
import { describe, expect, it } from 'vitest';
import type { RefusedStore, RunResult } from '../../../server/session/index.ts';
import { eventsOf, readNumber } from '../session/guest.ts';
import { openScenario, type Scenario } from './windowsGuest.ts';

const POKE_ALIAS: Scenario = {
  code: 'seal_kernel(); fence_everywhere(); poke(through_alias(&limits[1]), 66)',
};
const STALE: Scenario = {
  second:
    'poke(&caps.features[2], 3); go = 1; wait_for(&finished); poke(&caps.features[2], 33); finished = 2',
  code: `wait_for(&go); seal_kernel(); seal_alias(); fence_here(); finished = 1; while (finished != 2)`,
};

function refusedOf(result: RunResult): RefusedStore {
  if (result.kind !== 'stop' || result.refused === undefined)
    throw new Error(`no store: ${result.kind === 'stop' ? result.text : result.reason}`);
  return result.refused;
}

describe('a store through a writable alias', () => {
  it('stops with the same diagnosis, before it happens', async () => {
    const { session } = await openScenario(POKE_ALIAS);
    const refused = refusedOf(await session.run.continue());
    expect(refused).toMatchObject({
      classification: 'alias',
      bypass: { kind: 'alias' },
      region: { name: '.sealed' },
      object: { path: 'limits[1]' },
      oldValue: 6n,
      newValue: 66n,
      throughAlias: true,
      place: { function: 'poke' },
    });
    expect(refused.sealedBy?.stack.map((place) => place.function)).toContain('seal_kernel');
    expect(refused.story).toMatch(
      /^Seal bypassed: store by poke\(\) .* to limits\[1\]: 6 → 66; .* is a writable alias/,
    );
    expect(readNumber(session, refused.sealedBy === undefined ? 0n : refused.object!.start + 8n, 8)).toBe(6n);
  });
});

describe('a store through a stale TLB entry', () => {
  it('names the hart and the fence that is missing', async () => {
    const { session } = await openScenario(STALE);
    const refused = refusedOf(await session.run.continue());
    expect(refused).toMatchObject({
      hart: 1,
      classification: 'stale-tlb',
      bypass: { kind: 'stale-tlb' },
      object: { path: 'caps.features[2]' },
      oldValue: 3n,
      newValue: 33n,
    });
    expect(refused.bypass?.text).toMatch(
      /^hart 1 still has a writable TLB entry for 0x[0-9a-f]+, since before step [\d,]+, when seal_kernel\(\) had W taken away; no sfence\.vma has reached it since$/,
    );
  });
});
void eventsOf;
