/** Finds all virtual addresses under which frames are mapped. */
import {
  entryFailure,
  frameAddress,
  isLeaf,
  type PagePermissions,
  pagingOf,
  permissionsOf,
  rootOf,
  spanOf,
  type TableMemory,
} from './walk.ts';

export interface Alias {
  /** The part of the leaf that maps wanted frames: virtual addresses, and the guest-physical one of `start`. */
  readonly start: bigint;
  readonly end: bigint;
  readonly physical: bigint;
  readonly pteAddress: bigint;
  readonly pte: bigint;
  /** Of the leaf: 0 maps 4 KiB, 1 2 MiB, 2 1 GiB. */
  readonly level: number;
  readonly permissions: PagePermissions;
}

export interface AliasSearch {
  readonly aliases: readonly Alias[];
  /** False when a limit ended the search. */
  readonly complete: boolean;
}

/** Hostile tables can name each other without end. */
const MAX_TABLES = 65_536;
const MAX_ALIASES = 4096;

/** All mappings under a satp of the guest-physical range [start, end), in order of virtual address. */
export function findAliases(memory: TableMemory, satp: bigint, start: bigint, end: bigint): AliasSearch {
  const paging = pagingOf(satp);
  if (paging === undefined) return { aliases: [], complete: true };
  const aliases: Alias[] = [];
  let tables = 0;

  function search(table: bigint, level: number, base: bigint): boolean {
    if (++tables > MAX_TABLES) return false;
    for (let index = 0n; index < 512n; index++) {
      const pteAddress = table + index * 8n;
      const pte = memory.read64(pteAddress);
      if (pte === undefined) return true;
      if (entryFailure(pte, level) !== undefined) continue;
      const virtual = base + index * spanOf(level);
      if (!isLeaf(pte)) {
        if (!search(frameAddress(pte), level - 1, virtual)) return false;
        continue;
      }
      const frame = frameAddress(pte);
      const from = frame > start ? frame : start;
      const to = frame + spanOf(level) < end ? frame + spanOf(level) : end;
      if (from >= to) continue;
      if (aliases.length >= MAX_ALIASES) return false;
      const first = canonical(virtual + (from - frame), paging!.levels);
      const permissions = permissionsOf(pte);
      aliases.push({
        start: first,
        end: first + (to - from),
        physical: from,
        pteAddress,
        pte,
        level,
        permissions,
      });
    }
    return true;
  }

  const complete = search(rootOf(satp), paging.levels - 1, 0n);
  return { aliases, complete };
}

function canonical(virtual: bigint, levels: number): bigint {
  return BigInt.asUintN(64, BigInt.asIntN(12 + 9 * levels, virtual));
}
