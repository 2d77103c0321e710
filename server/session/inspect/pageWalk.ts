/** How a hart translates an address, level by level, for people. */
import { permissionText, type Permissions } from '../../sealing/region.ts';
import { hartOf, hex, type Guest } from '../guest.ts';
import type { PageWalk, WalkStep } from './inspector.ts';

/** PTE bits 0–7 (privileged spec, "Sv39: Addressing and Memory Protection"). */
const FLAGS = ['V', 'R', 'W', 'X', 'U', 'G', 'A', 'D'];
const LEAF = 0b1110n;
const PPN_SHIFT = 10n;
const PPN_MASK = (1n << 44n) - 1n;

export function walkPages(guest: Guest, hartId: number, address: bigint): PageWalk {
  const hart = hartOf(guest, hartId);
  const translation = guest.machine.virtual.translate(hart.id, address);
  const steps: WalkStep[] = translation.steps.map(({ level, pteAddress, pte }) => ({
    level,
    address: pteAddress,
    entry: pte,
    text: entryText(pte),
  }));
  const linked = guest.space.permissionsAt(guest.space.linkedOf(address));
  const common = { address, mode: translation.mode, steps, linked };
  if (!translation.ok) {
    const nowhere = { physical: undefined, page: undefined, size: undefined, permissions: undefined };
    return { ...common, ...nowhere, stale: undefined, problem: translation.message };
  }
  const { read, write, execute, user } = translation.permissions;
  const permissions: Permissions = { read, write, execute, user };
  return {
    ...common,
    physical: translation.physical,
    page: translation.leaf?.base,
    size: translation.leaf?.size,
    permissions,
    stale: stalePermissions(guest, hart.id, address, permissions),
    problem: undefined,
  };
}

/** Many lines: the walk from the root to the leaf, then what it comes to. */
export function walkText(walk: PageWalk): string {
  const lines = [`${hex(walk.address)}: ${walk.mode === 'bare' ? 'no translation (bare)' : walk.mode}`];
  for (const { level, address, entry, text } of walk.steps)
    lines.push(`  level ${level}  entry at ${hex(address)}  ${hex(entry).padEnd(18)}  ${text}`);
  if (walk.problem !== undefined) return [...lines, `  ${walk.problem}`].join('\n');
  if (walk.physical !== undefined) lines.push(`  physical ${hex(walk.physical)}`);
  if (walk.page !== undefined && walk.permissions !== undefined)
    lines.push(
      `  page     ${hex(walk.page)} (${sizeText(walk.size ?? 0n)}) now ${permissionText(walk.permissions)}`,
    );
  if (walk.linked !== undefined) lines.push(`  linked   ${permissionText(walk.linked)}`);
  if (walk.stale !== undefined) lines.push(`  this hart's TLB still says ${permissionText(walk.stale)}`);
  return lines.join('\n');
}

export function sizeText(bytes: bigint): string {
  if (bytes >= 1n << 30n) return `${bytes >> 30n} GiB`;
  if (bytes >= 1n << 20n) return `${bytes >> 20n} MiB`;
  return `${bytes >> 10n} KiB`;
}

function entryText(entry: bigint): string {
  const flags = FLAGS.map((flag, bit) => ((entry >> BigInt(bit)) & 1n ? flag : '-')).join('');
  if ((entry & 1n) === 0n) return `${flags} not valid`;
  const physical = ((entry >> PPN_SHIFT) & PPN_MASK) << 12n;
  return `${flags} ${entry & LEAF ? 'page at' : 'table at'} ${hex(physical)}`;
}

function stalePermissions(
  guest: Guest,
  hart: number,
  address: bigint,
  now: Permissions,
): Permissions | undefined {
  const entry = guest.machine.virtual.tlbEntry(hart, address);
  if (entry === undefined) return undefined;
  const has = (bit: number): boolean => ((entry.pte >> BigInt(bit)) & 1n) === 1n;
  const cached = { read: has(1), write: has(2), execute: has(3), user: has(4) };
  return permissionText(cached) === permissionText(now) ? undefined : cached;
}
