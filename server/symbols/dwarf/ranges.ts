import type { AddressRange } from '../code.ts';
import { At } from './constants.ts';
import type { Reader } from './reader.ts';
import type { Die, Unit } from './unit.ts';

// Range list entries: DWARF 5, 7.25.
const RLE = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const;

const MAXIMUM_ADDRESS = 0xffffffffffffffffn;

/** The code that a DIE describes: its DW_AT_ranges, or DW_AT_low_pc and DW_AT_high_pc. Empty when it has none. */
export function rangesOf(die: Die): AddressRange[] {
  const list = die.attribute(At.ranges);
  if (list !== undefined) {
    const { unit } = die;
    if (unit.version >= 5)
      return readRangeList(
        unit,
        list.kind === 'listIndex' ? listOffset(unit, list.index) : die.offset(At.ranges)!,
      );
    const offset =
      list.kind === 'offset' ? list.value : list.kind === 'constant' ? Number(list.value) : undefined;
    return offset === undefined ? [] : readOldRangeList(unit, offset);
  }
  const start = die.address(At.lowPc);
  if (start === undefined) return [];
  const high = die.attribute(At.highPc);
  const end = high?.kind === 'address' ? high.value : high?.kind === 'constant' ? start + high.value : start;
  return keep(start, end) ? [{ start, end }] : [];
}

/**
 * Linkers that drop a section leave its debug information with addresses that start at 0 or at the top: such ranges
 * describe no code of the image.
 */
function keep(start: bigint, end: bigint): boolean {
  return start > 1n && start < end && start < MAXIMUM_ADDRESS - 1n;
}

function listOffset(unit: Unit, index: number): number {
  const base = unit.bases.rnglists;
  return (
    base +
    unit.sections.rnglists
      .reader(base + index * unit.offsetSize, unit.offsetSize)
      .sectionOffset(unit.offsetSize)
  );
}

function readRangeList(unit: Unit, offset: number): AddressRange[] {
  const reader = unit.sections.rnglists.readerAt(offset);
  const ranges: AddressRange[] = [];
  let base = unit.bases.lowPc;
  const add = (start: bigint, end: bigint): void => {
    if (keep(start, end)) ranges.push({ start, end });
  };
  while (true) {
    switch (reader.u8()) {
      case RLE.endOfList:
        return ranges;
      case RLE.baseAddressx:
        base = unit.indexedAddress(reader.uleb());
        break;
      case RLE.baseAddress:
        base = reader.u64();
        break;
      case RLE.startxEndx:
        add(unit.indexedAddress(reader.uleb()), unit.indexedAddress(reader.uleb()));
        break;
      case RLE.startxLength: {
        const start = unit.indexedAddress(reader.uleb());
        add(start, start + reader.ulebBig());
        break;
      }
      case RLE.offsetPair: {
        const start = reader.ulebBig();
        const end = reader.ulebBig();
        add(base + start, base + end);
        break;
      }
      case RLE.startEnd:
        add(reader.u64(), reader.u64());
        break;
      case RLE.startLength: {
        const start = reader.u64();
        add(start, start + reader.ulebBig());
        break;
      }
      default:
        reader.fail('unknown range list entry', reader.position - 1);
    }
  }
}

/** DWARF 4, 2.17.3: pairs of offsets from a base, which (all ones, base) changes and (0, 0) ends. */
function readOldRangeList(unit: Unit, offset: number): AddressRange[] {
  const reader: Reader = unit.sections.ranges.readerAt(offset);
  const ranges: AddressRange[] = [];
  let base = unit.bases.lowPc;
  while (true) {
    const start = reader.u64();
    const end = reader.u64();
    if (start === 0n && end === 0n) return ranges;
    if (start === MAXIMUM_ADDRESS) base = end;
    else if (keep(base + start, base + end)) ranges.push({ start: base + start, end: base + end });
  }
}
