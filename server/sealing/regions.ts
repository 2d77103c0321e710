/**
 * The regions of a session, looked up by address: from the configuration or a preset, those of modules while they are
 * loaded, and what a refused store was found to hit.
 */
import type { SymbolFile } from '../symbols/index.ts';
import type { AddressSpace } from './addressSpace.ts';
import { presetRegions } from './presets.ts';
import type { RegionPart, SealRegion } from './region.ts';
import { resolveSeal } from './spec.ts';

/**
 * Output sections that are meant to be read-only at run time whatever their flags say: RISC-V Linux links
 * ro_after_init data into `.rodata`, which makes the whole section writable for the linker.
 */
const SEALED_SECTION =
  /^(\.rodata|\.data\.rel\.ro|\.data\.*(ro_after_init|read_only)|\.ro_after_init|__ex_table|\.notes?)/;

export class Regions {
  #regions: readonly SealRegion[];
  readonly #space: AddressSpace;
  #nextId: number;

  constructor(regions: readonly SealRegion[], space: AddressSpace) {
    this.#regions = regions;
    this.#nextId = regions.length;
    this.#space = space;
  }

  /**
   * The configured regions; without any, those of the preset that fits; without that, none: what the page tables
   * refuse is then named when it is first met.
   * @throws SealSpecError for a specification that names nothing.
   */
  static of(specs: readonly string[], symbols: SymbolFile | undefined, space: AddressSpace): Regions {
    const regions: SealRegion[] = [];
    for (const spec of specs) {
      for (const range of resolveSeal(spec, symbols))
        regions.push({ ...range, id: regions.length, origin: 'configuration', source: spec, parts: [] });
    }
    if (specs.length === 0 && symbols !== undefined) {
      for (const { preset, ...range } of presetRegions(symbols))
        regions.push({ ...range, id: regions.length, origin: 'preset', source: preset });
    }
    return new Regions(regions, space);
  }

  get all(): readonly SealRegion[] {
    return this.#regions;
  }

  /** The smallest region that holds a linked address. */
  at(address: bigint): SealRegion | undefined {
    return smallest(this.#regions.filter((region) => region.start <= address && address < region.end));
  }

  /** A region that has bytes in a half-open range: the one a page is sealed for. */
  overlapping(start: bigint, end: bigint): SealRegion | undefined {
    return smallest(this.#regions.filter((region) => region.start < end && start < region.end));
  }

  /**
   * Somebody meant these bytes to be sealed: the user named them, or they are in a section or part made for that.
   * Data that merely landed between the page borders of a seal is not.
   */
  intends(address: bigint): boolean {
    const region = this.at(address);
    if (region === undefined) return false;
    if (region.origin === 'configuration' || within(region.parts, address)) return true;
    const section = this.#space.sectionAt(address);
    return section === undefined || !section.writable || SEALED_SECTION.test(section.name);
  }

  /** Name for people: the region's, and its part's where the address is in one. */
  nameAt(region: SealRegion, address: bigint): string {
    const part = region.parts.find((each) => each.start <= address && address < each.end);
    return part === undefined ? region.name : `${region.name} (${part.name})`;
  }

  /** A region that has come into being: a module's. */
  add(range: RegionPart, origin: SealRegion['origin'], source: string): SealRegion {
    const region: SealRegion = { ...range, id: this.#nextId++, origin, source, parts: [] };
    this.#regions = [...this.#regions, region];
    return region;
  }

  /** Its memory is given back. */
  remove(region: SealRegion): void {
    this.#regions = this.#regions.filter((each) => each !== region);
  }

  /** A region nobody named: the section, or else the page, that the page tables refuse a store to. */
  observe(address: bigint, page: { readonly address: bigint; readonly size: bigint }): SealRegion {
    const section = this.#space.sectionAt(address);
    const range: RegionPart =
      section === undefined
        ? { name: `page 0x${page.address.toString(16)}`, start: page.address, end: page.address + page.size }
        : { name: section.name, start: section.address, end: section.address + BigInt(section.size) };
    return this.add(range, 'observed', 'page table');
  }
}

function smallest(regions: readonly SealRegion[]): SealRegion | undefined {
  return regions.reduce<SealRegion | undefined>(
    (best, region) =>
      best === undefined || region.end - region.start < best.end - best.start ? region : best,
    undefined,
  );
}

function within(parts: readonly RegionPart[], address: bigint): boolean {
  return parts.some((part) => part.start <= address && address < part.end);
}
