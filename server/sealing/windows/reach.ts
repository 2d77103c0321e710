/** Whether, and by what, a hart's stores reach a frame: its page tables, or an entry of its TLB that they contradict. */
import type { Machine } from '../../../emulator/index.ts';

/**
 * `page-table`: the tables that the hart uses permit the store. `tlb`: they do not, but the hart's TLB remembers a
 * leaf that did. `bare`: the hart runs without paging, and nothing but PMP asks.
 */
export type Reach = 'page-table' | 'tlb' | 'bare';

const PAGE = 4096n;

/** How a store of this hart to a virtual address would reach the frame; undefined if it would not. */
export function reachOf(machine: Machine, hart: number, virtual: bigint, frame: bigint): Reach | undefined {
  const satp = machine.virtual.dataSatp(hart);
  if (satp === 0n) return pageOf(virtual) === frame ? 'bare' : undefined;
  const tlb = machine.virtual.tlbEntry(hart, virtual);
  const byTlb = tlb?.permissions.write === true && tlb.physical === frame;
  if (permitsUnder(machine, satp, virtual, frame))
    return tlb === undefined || byTlb ? 'page-table' : undefined;
  // A page that is not dirty yet is walked again, and refused then (privileged spec, "Virtual Address Translation").
  return byTlb && tlb.permissions.dirty ? 'tlb' : undefined;
}

/** Whether these page tables permit a store to a virtual address that lands in the frame. */
export function permitsUnder(machine: Machine, satp: bigint, virtual: bigint, frame: bigint): boolean {
  const found = machine.virtual.translate(0, virtual, satp);
  return found.ok && found.leaf !== undefined && found.permissions.write && pageOf(found.physical) === frame;
}

export function pageOf(address: bigint): bigint {
  return address & ~(PAGE - 1n);
}
