/**
 * Where the image lies: the addresses it was linked at, the physical ones it was loaded at, and what its sections
 * permit. Before a kernel turns paging on its pc is physical while every symbol is virtual; this joins the two.
 */
import type { ElfFile, Section } from '../symbols/index.ts';
import type { Permissions } from './region.ts';

const PT_LOAD = 1;

interface LoadedRange {
  readonly linked: bigint;
  readonly physical: bigint;
  readonly size: bigint;
  readonly permissions: Permissions;
}

/** What a kernel has loaded beside itself: a module. */
export interface LoadedPart {
  readonly ranges: readonly {
    readonly start: bigint;
    readonly end: bigint;
    readonly permissions: Permissions;
  }[];
  /** At their addresses in memory. */
  readonly sections: readonly Section[];
}

export class AddressSpace {
  readonly #ranges: readonly LoadedRange[];
  /** Newest first: memory that was given back may be another's. */
  #parts: readonly LoadedPart[] = [];
  readonly #sections: readonly Section[];

  /**
   * @param elf The file that gives the symbols; without one every address stands for itself.
   * @param loadBias Bytes from `p_paddr` to where the image really is; a flat Image beside its vmlinux has one.
   */
  constructor(elf: ElfFile | undefined, loadBias = 0n) {
    this.#ranges = (elf?.segments ?? [])
      .filter((segment) => segment.type === PT_LOAD && segment.memorySize > 0)
      .map((segment) => ({
        linked: segment.virtualAddress,
        physical: segment.physicalAddress + loadBias,
        size: BigInt(segment.memorySize),
        permissions: {
          read: segment.readable,
          write: segment.writable,
          execute: segment.executable,
          user: false,
        },
      }));
    this.#sections = (elf?.sections ?? [])
      .filter((section) => section.allocated && section.size > 0)
      .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  }

  add(part: LoadedPart): void {
    this.#parts = [part, ...this.#parts];
  }

  remove(part: LoadedPart): void {
    this.#parts = this.#parts.filter((each) => each !== part);
  }

  /** The image's ranges as linked, with what their segments permit. */
  get ranges(): readonly {
    readonly start: bigint;
    readonly end: bigint;
    readonly permissions: Permissions;
  }[] {
    return this.#ranges.map(({ linked, size, permissions }) => ({
      start: linked,
      end: linked + size,
      permissions,
    }));
  }

  /** Those that occupy memory, by address. */
  get sections(): readonly Section[] {
    return this.#sections;
  }

  /** The linked addresses of what was loaded into a guest-physical range. */
  linkedWithin(start: bigint, end: bigint): { readonly start: bigint; readonly end: bigint }[] {
    return this.#ranges.flatMap(({ linked, physical, size }) => {
      const from = physical > start ? physical : start;
      const to = physical + size < end ? physical + size : end;
      return from < to ? [{ start: linked + (from - physical), end: linked + (to - physical) }] : [];
    });
  }

  /** Where a linked address was loaded; undefined outside the image. */
  physicalOf(linked: bigint): bigint | undefined {
    const range = this.#linkedRange(linked);
    return range && range.physical + (linked - range.linked);
  }

  /** The linked address of a physical one; undefined outside the image. */
  linkedOfPhysical(physical: bigint): bigint | undefined {
    const range = this.#ranges.find(
      (each) => each.physical <= physical && physical < each.physical + each.size,
    );
    return range && range.linked + (physical - range.physical);
  }

  /** The address that symbols know: itself where the image is linked there, else the one loaded at it. */
  linkedOf(address: bigint): bigint {
    if (this.#linkedRange(address) !== undefined) return address;
    return this.linkedOfPhysical(address) ?? address;
  }

  /** What the image asks for at a linked address: the flags of its section, or of its segment where none covers it. */
  permissionsAt(linked: bigint): Permissions | undefined {
    const section = this.sectionAt(linked);
    if (section !== undefined)
      return { read: true, write: section.writable, execute: section.executable, user: false };
    const inImage = this.#linkedRange(linked)?.permissions;
    if (inImage !== undefined) return inImage;
    for (const { ranges } of this.#parts)
      for (const { start, end, permissions } of ranges)
        if (start <= linked && linked < end) return permissions;
    return undefined;
  }

  sectionAt(linked: bigint): Section | undefined {
    const holds = (each: Section): boolean =>
      each.address <= linked && linked < each.address + BigInt(each.size);
    return (
      this.#sections.find(holds) ??
      this.#parts.flatMap(({ sections }) => sections).find((each) => each.allocated && holds(each))
    );
  }

  #linkedRange(linked: bigint): LoadedRange | undefined {
    return this.#ranges.find((each) => each.linked <= linked && linked < each.linked + each.size);
  }
}
