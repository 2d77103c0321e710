/** A page walk without side effects (privileged spec, "Virtual Address Translation Process"), every entry kept. */

/** What a walk reads: a doubleword of RAM, or undefined outside it. */
export interface TableMemory {
  read64(address: bigint): bigint | undefined;
}

export type TranslationMode = 'bare' | 'sv39' | 'sv48' | 'sv57';

/** One entry on the way from the root to the leaf. */
export interface WalkStep {
  /** Of this entry; a leaf at level 0 maps 4 KiB, at 1 2 MiB, at 2 1 GiB. */
  readonly level: number;
  /** Guest-physical. */
  readonly pteAddress: bigint;
  readonly pte: bigint;
}

export interface PagePermissions {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  readonly user: boolean;
  readonly global: boolean;
  readonly accessed: boolean;
  readonly dirty: boolean;
}

export interface Leaf extends WalkStep {
  /** First virtual address it maps, and bytes. */
  readonly base: bigint;
  readonly size: bigint;
}

export type WalkFailure = 'non-canonical' | 'not-valid' | 'reserved' | 'misaligned' | 'outside-ram';

interface Walk {
  readonly mode: TranslationMode;
  readonly virtual: bigint;
  /** Root first; the last one is the leaf, or the entry that failed. */
  readonly steps: readonly WalkStep[];
}

export interface Mapped extends Walk {
  readonly ok: true;
  readonly physical: bigint;
  /** Undefined where no table translates (bare). */
  readonly leaf: Leaf | undefined;
  readonly permissions: PagePermissions;
}

export interface Unmapped extends Walk {
  readonly ok: false;
  readonly reason: WalkFailure;
  /** For people. */
  readonly message: string;
  /** Level of the entry that failed; the number of levels when the walk could not begin. */
  readonly level: number;
}

export type Translation = Mapped | Unmapped;

const MODES: ReadonlyMap<bigint, { mode: TranslationMode; levels: number }> = new Map([
  [8n, { mode: 'sv39', levels: 3 }],
  [9n, { mode: 'sv48', levels: 4 }],
  [10n, { mode: 'sv57', levels: 5 }],
]);
const PPN_MASK = (1n << 44n) - 1n;
export const PTE_VALID = 1n;
export const PTE_READ = 2n;
export const PTE_WRITE = 4n;
export const PTE_EXECUTE = 8n;
export const PTE_USER = 16n;
const PTE_GLOBAL = 32n;
const PTE_ACCESSED = 64n;
const PTE_DIRTY = 128n;
const PTE_RESERVED = 0x7fn << 54n;
const PTE_MEMORY_TYPE = 3n << 61n;
const PTE_NAPOT = 1n << 63n;
const NAPOT_SIZE = 0x1_0000n;
const NAPOT_MARK = 0x8000n;

const EVERYTHING: PagePermissions = {
  read: true,
  write: true,
  execute: true,
  user: true,
  global: false,
  accessed: true,
  dirty: true,
};

/** Levels of page tables under this satp; undefined for bare. */
export function pagingOf(
  satp: bigint,
): { readonly mode: TranslationMode; readonly levels: number } | undefined {
  return MODES.get(satp >> 60n);
}

/** Guest-physical address of the root table. */
export function rootOf(satp: bigint): bigint {
  return (satp & PPN_MASK) << 12n;
}

/** Of a leaf, where the first byte of its page lies: of a Svnapot range each of 16 entries maps its own 4 KiB. */
export function leafAddress(pte: bigint, pteAddress: bigint): bigint {
  if ((pte & PTE_NAPOT) === 0n) return frameAddress(pte);
  return (frameAddress(pte) & ~(NAPOT_SIZE - 1n)) | (((pteAddress >> 3n) << 12n) & (NAPOT_SIZE - 1n));
}

/** The table that a pointer points to, or the frame in a leaf's PPN. */
export function frameAddress(pte: bigint): bigint {
  return ((pte >> 10n) & PPN_MASK) << 12n;
}

/** Bytes that an entry of this level spans. */
export function spanOf(level: number): bigint {
  return 1n << BigInt(12 + 9 * level);
}

export function isLeaf(pte: bigint): boolean {
  return (pte & (PTE_READ | PTE_EXECUTE)) !== 0n;
}

export function permissionsOf(pte: bigint): PagePermissions {
  return {
    read: (pte & PTE_READ) !== 0n,
    write: (pte & PTE_WRITE) !== 0n,
    execute: (pte & PTE_EXECUTE) !== 0n,
    user: (pte & PTE_USER) !== 0n,
    global: (pte & PTE_GLOBAL) !== 0n,
    accessed: (pte & PTE_ACCESSED) !== 0n,
    dirty: (pte & PTE_DIRTY) !== 0n,
  };
}

/**
 * Why an entry at this level cannot be followed or used; undefined if it can. A hart without Svnapot or Svpbmt takes
 * their bits for reserved, too; its guest leaves them alone.
 */
export function entryFailure(pte: bigint, level: number): WalkFailure | undefined {
  if ((pte & PTE_VALID) === 0n) return 'not-valid';
  if ((pte & (PTE_READ | PTE_WRITE)) === PTE_WRITE || (pte & PTE_RESERVED) !== 0n) return 'reserved';
  if (isLeaf(pte)) return leafFailure(pte, level);
  const reserved = PTE_DIRTY | PTE_ACCESSED | PTE_USER | PTE_MEMORY_TYPE | PTE_NAPOT;
  return level === 0 || (pte & reserved) !== 0n ? 'reserved' : undefined;
}

function leafFailure(pte: bigint, level: number): WalkFailure | undefined {
  if ((pte & PTE_MEMORY_TYPE) === PTE_MEMORY_TYPE) return 'reserved';
  if (frameAddress(pte) % spanOf(level) !== 0n) return 'misaligned';
  const odd = (pte & PTE_NAPOT) !== 0n && (level !== 0 || frameAddress(pte) % NAPOT_SIZE !== NAPOT_MARK);
  return odd ? 'reserved' : undefined;
}

export function walk(memory: TableMemory, satp: bigint, virtual: bigint): Translation {
  const paging = pagingOf(satp);
  if (paging === undefined) {
    return {
      ok: true,
      mode: 'bare',
      virtual,
      steps: [],
      physical: virtual,
      leaf: undefined,
      permissions: EVERYTHING,
    };
  }
  const { mode, levels } = paging;
  const steps: WalkStep[] = [];
  const fail = (reason: WalkFailure, level: number, message: string): Unmapped => ({
    ok: false,
    mode,
    virtual,
    steps,
    reason,
    level,
    message,
  });
  if (BigInt.asUintN(64, BigInt.asIntN(12 + 9 * levels, virtual)) !== virtual) {
    return fail('non-canonical', levels, `${hex(virtual)} is no ${mode} address: its upper bits differ`);
  }
  let table = rootOf(satp);
  for (let level = levels - 1; ; level--) {
    const pteAddress = table + ((virtual / spanOf(level)) % 512n) * 8n;
    const pte = memory.read64(pteAddress);
    if (pte === undefined)
      return fail('outside-ram', level, `the level-${level} table at ${hex(table)} is not in RAM`);
    steps.push({ level, pteAddress, pte });
    const failure = entryFailure(pte, level);
    if (failure !== undefined) {
      return fail(
        failure,
        level,
        `the level-${level} entry ${hex(pte)} at ${hex(pteAddress)} ${FAILURE_TEXT[failure]}`,
      );
    }
    if (isLeaf(pte)) {
      const size = spanOf(level);
      return {
        ok: true,
        mode,
        virtual,
        steps,
        physical: leafAddress(pte, pteAddress) + (virtual % size),
        leaf: { level, pteAddress, pte, base: virtual - (virtual % size), size },
        permissions: permissionsOf(pte),
      };
    }
    table = frameAddress(pte);
  }
}

const FAILURE_TEXT: Readonly<Record<WalkFailure, string>> = {
  'non-canonical': 'is not canonical',
  'not-valid': 'is not valid',
  reserved: 'has a reserved encoding',
  misaligned: 'maps a misaligned superpage',
  'outside-ram': 'is outside RAM',
};

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
