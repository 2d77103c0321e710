import { DwarfError } from '../errors.ts';
import { AddressTable } from './addressTable.ts';
import { UnitType } from './constants.ts';
import { LruCache } from './lru.ts';
import { rangesOf } from './ranges.ts';
import type { DebugSection, DebugSections } from './sections.ts';
import { loadUnitData, readUnitHeader, Unit, type Die, type UnitData } from './unit.ts';

/** Bytes of units kept in memory. */
const UNIT_CACHE = 48 << 20;

/** Told of each part of the debug information that is left out. */
export type ReportProblem = (problem: Error) => void;

/** All units of a file, and the ways to find one. Only headers are read until a unit is used. */
export class UnitList {
  readonly #cache = new LruCache<Unit, UnitData>(UNIT_CACHE, (data) => data.bytes.length);
  readonly #report: ReportProblem;
  readonly sections: DebugSections;
  /** By position. */
  readonly all: readonly Unit[];
  #bySignature: Map<bigint, Unit> | undefined;
  #arranged: AddressTable | undefined;
  #unarranged: AddressTable | undefined;
  #arrangedStarts = new Set<number>();

  constructor(sections: DebugSections, report: ReportProblem) {
    this.sections = sections;
    this.#report = report;
    const infoSize = sections.info.size;
    this.all = [...this.#readHeaders(sections.info, 0), ...this.#readHeaders(sections.types, infoSize)];
  }

  /** The unit whose bytes contain a position of the DIE space. */
  containing(position: number): Unit {
    let first = 0;
    let end = this.all.length;
    while (first < end) {
      const middle = (first + end) >>> 1;
      if (this.all[middle]!.end <= position) first = middle + 1;
      else end = middle;
    }
    const unit = this.all[first];
    if (unit === undefined || position < unit.start) {
      throw new DwarfError('.debug_info', position, 'a DIE is referred to here, but there is no unit');
    }
    return unit;
  }

  /** A cursor on the DIE at a position. */
  die(position: number): Die {
    return this.containing(position).die(position);
  }

  /** Position of the type that a DW_FORM_ref_sig8 names. */
  typeOf(signature: bigint): number | undefined {
    this.#bySignature ??= new Map(
      this.all.flatMap((unit) =>
        unit.header.signature === undefined ? [] : [[unit.header.signature, unit]],
      ),
    );
    return this.#bySignature.get(signature)?.header.typeDie;
  }

  /** The DIE that an attribute refers to, by position or type signature. */
  follow(die: Die, name: number): Die | undefined {
    const value = die.attribute(name);
    if (value?.kind === 'reference') {
      const inside = value.target >= die.unit.start && value.target < die.unit.end;
      return inside ? die.unit.die(value.target) : this.die(value.target);
    }
    if (value?.kind !== 'signature') return undefined;
    const position = this.typeOf(value.value);
    if (position === undefined)
      return die.fail(`no type unit has the signature 0x${value.value.toString(16)}`);
    return this.die(position);
  }

  /** The compilation unit whose code contains `address`. */
  at(address: bigint): Unit | undefined {
    this.#arranged ??= this.#readArranges();
    const found = this.#arranged.find(address) ?? (this.#unarranged ??= this.#readUnitRanges()).find(address);
    return found && this.containing(found.payload);
  }

  #readHeaders(section: DebugSection, sectionStart: number): Unit[] {
    const units: Unit[] = [];
    const load = (unit: Unit): UnitData =>
      this.#cache.get(unit, () => loadUnitData(unit.header, this.sections));
    const end = sectionStart + section.size;
    for (let start = sectionStart; start < end;) {
      try {
        const header = readUnitHeader(section, start, sectionStart);
        units.push(new Unit(header, this.sections, load));
        start = header.end;
      } catch (problem) {
        this.#report(asError(problem));
        const next = lengthOfUnit(section, start - sectionStart);
        if (next === undefined) break;
        start += next;
      }
    }
    return units;
  }

  /** DWARF 5, 6.1.2. A malformed set ends the table; units without an entry are found by their own ranges. */
  #readArranges(): AddressTable {
    const ranges: { start: bigint; end: bigint; payload: number }[] = [];
    const { aranges } = this.sections;
    for (let offset = 0; offset < aranges.size;) {
      try {
        const reader = aranges.reader(offset, aranges.size - offset);
        const { length, offsetSize } = reader.unitLength();
        const end = reader.position + length;
        const version = reader.u16();
        const payload = reader.sectionOffset(offsetSize);
        const addressSize = reader.u8();
        const segmentSize = reader.u8();
        if (end > aranges.size - offset || version !== 2 || addressSize !== 8 || segmentSize !== 0) {
          reader.fail('a malformed set of address ranges', 0);
        }
        this.#arrangedStarts.add(payload);
        reader.position = Math.ceil(reader.position / 16) * 16;
        while (reader.position + 16 <= end) {
          const start = reader.u64();
          const size = reader.u64();
          if (start === 0n && size === 0n) break;
          if (start > 1n && size > 0n) ranges.push({ start, end: start + size, payload });
        }
        offset += end;
      } catch (problem) {
        this.#report(asError(problem));
        break;
      }
    }
    return new AddressTable(ranges.filter((range) => range.end <= 1n << 64n));
  }

  #readUnitRanges(): AddressTable {
    const ranges: { start: bigint; end: bigint; payload: number }[] = [];
    for (const unit of this.all) {
      if (this.#arrangedStarts.has(unit.start) || unit.header.unitType === UnitType.type) continue;
      try {
        for (const { start, end } of rangesOf(unit.root)) ranges.push({ start, end, payload: unit.start });
      } catch (problem) {
        this.#report(asError(problem));
      }
    }
    return new AddressTable(ranges);
  }
}

/** Bytes to the next unit, where only the length of this one makes sense. */
function lengthOfUnit(section: DebugSection, offset: number): number | undefined {
  try {
    const reader = section.reader(offset, Math.min(12, section.size - offset));
    const { length } = reader.unitLength();
    const total = reader.position + length;
    return length > 0 && offset + total <= section.size ? total : undefined;
  } catch {
    return undefined;
  }
}

export function asError(problem: unknown): Error {
  return problem instanceof Error ? problem : new Error(String(problem));
}
