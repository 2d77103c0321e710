/** The one line that tells a refused store's story: what a stop shows before anybody opens a report. */
import type { RefusedStore } from './refusedStore.ts';
import type { CodePlace } from './codePlace.ts';
import { grouped } from './grouped.ts';
import type { Moment, SealChange } from './sealEvent.ts';

/**
 * Helpers that change page tables for somebody: `__set_memory`, `change_page_attr`, `set_pte_at`, `walk_page_range`,
 * `__set_fixmap`, `switch_mm`.
 */
const PAGE_TABLE_HELPER =
  /^_*(?:module_)?(set|change|update|walk|apply|modify|split|flush)_.*(memory|page|pte|pmd|pgd|pud|p4d|attr|range|tlb)|^_*(pageattr|pgattr|set_fixmap|clear_fixmap)|^_*(switch|write|load)_.*(mm|satp|pgd|page_?table|root)/;

/** Who meant to seal: the innermost function that is no page-table helper. */
export function sealerOf({ place, stack }: Moment): CodePlace {
  return stack.find((each) => each.function !== '' && !PAGE_TABLE_HELPER.test(each.function)) ?? place;
}

export function tellStory(refused: Omit<RefusedStore, 'story'>): string {
  const { object, members, place, region, sealedBy, kind } = refused;
  const only = members.length === 1 ? members[0] : undefined;
  const what = only?.path ?? object?.path ?? `0x${refused.address.toString(16)}`;
  const values =
    only === undefined
      ? `0x${refused.oldValue.toString(16)} → 0x${refused.newValue.toString(16)}`
      : `${only.oldText} → ${only.newText}`;
  const where = place.function === '' ? `pc 0x${place.pc.toString(16)}` : `${place.function}()`;
  const line = place.file === undefined ? '' : ` at ${baseName(place.file)}:${place.line ?? 0}`;
  const sealed =
    refused.whatIf !== undefined
      ? `no page is sealed here: ${region.name} has a what-if seal since ${refused.whatIf.since}`
      : sealedBy === undefined
        ? `${region.name} is read-only`
        : `${region.name} was sealed by ${sealerOf(sealedBy).function || `hart ${sealedBy.hart}`} at step ${grouped(sealedBy.step)}`;
  const word = { store: 'store', amo: 'atomic update', sc: 'store-conditional' }[kind];
  const verdict = refused.bypass === undefined ? `Refused ${word}` : `Seal bypassed: ${word}`;
  const notes = [
    refused.redundant ? 'REDUNDANT: the value is already there' : '',
    object !== undefined && !object.inRegion ? `${object.symbol} only shares the sealed page` : '',
    refused.parts.length > 1 ? 'it runs over the end of the seal' : '',
    refused.throughAlias && refused.bypass === undefined ? 'through an alias' : '',
  ].filter((note) => note !== '');
  const tail = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  const way = refused.bypass === undefined ? '' : `; ${refused.bypass.text}`;
  return `${verdict} by ${where}${line} on hart ${refused.hart} to ${what}: ${values}${tail}; ${sealed}${way}`;
}

/** `store refused: cpu_caps.features[2] 0x15 → 0x15`. */
export function faultText({ members, object, address, oldValue, newValue, bypass }: RefusedStore): string {
  const only = members.length === 1 ? members[0] : undefined;
  const what = only?.path ?? object?.path ?? `0x${address.toString(16)}`;
  const [before, after] = [only?.oldValue ?? oldValue, only?.newValue ?? newValue];
  const verdict = bypass === undefined ? 'store refused' : 'seal bypassed';
  return `${verdict}: ${what} 0x${before.toString(16)} → 0x${after.toString(16)}`;
}

/** `rodata was sealed by mark_rodata_ro() at pageattr.c:20 on hart 0, step 81,234`. */
export function sealText({ kind, regions, moment }: Omit<SealChange, 'aliases'>): string {
  const place = sealerOf(moment);
  const by = place.function === '' ? `pc 0x${place.pc.toString(16)}` : `${place.function}()`;
  const line = place.file === undefined ? '' : ` at ${baseName(place.file)}:${place.line ?? 0}`;
  const names = regions.map((region) => region.name).join(', ');
  return `${names} ${regions.length === 1 ? 'was' : 'were'} ${kind} by ${by}${line} on hart ${moment.hart}, step ${grouped(moment.step)}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
