import type { Reader } from './reader.ts';
import type { Die, Unit } from './unit.ts';

// Location list entries: DWARF 5, 7.7.3, and GCC's view pairs, which only number locations.
const LLE = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  defaultLocation: 5,
  baseAddress: 6,
  startEnd: 7,
  startLength: 8,
  viewPair: 9,
} as const;

const ALL_ONES = 0xffffffffffffffffn;

/**
 * The expression that gives an attribute of class location at a pc: the attribute's own, or that of the list entry
 * which covers the pc. Undefined where there is none. GCC has empty entries for what holds before a function's first
 * instruction only; they count if `pc` is the function's `entry`.
 */
export function expressionAt(
  die: Die,
  attribute: number,
  pc: bigint,
  entry?: bigint,
): Uint8Array | undefined {
  const value = die.attribute(attribute);
  const { unit } = die;
  const covers = (start: bigint, end: bigint): boolean =>
    (pc >= start && pc < end) || (pc === start && pc === end && pc === entry);
  switch (value?.kind) {
    case 'block':
      return value.bytes;
    case 'listIndex':
      return searchList(unit, indexedOffset(unit, value.index), covers);
    case 'offset':
    case 'constant': {
      const offset = Number(value.value);
      return unit.version >= 5 ? searchList(unit, offset, covers) : searchOldList(unit, offset, covers);
    }
    default:
      return undefined;
  }
}

type Covers = (start: bigint, end: bigint) => boolean;

function indexedOffset(unit: Unit, index: number): number {
  const base = unit.bases.loclists;
  const size = unit.offsetSize;
  return base + unit.sections.loclists.reader(base + index * size, size).sectionOffset(size);
}

function searchList(unit: Unit, offset: number, covers: Covers): Uint8Array | undefined {
  const reader = unit.sections.loclists.readerAt(offset);
  let base = unit.bases.lowPc;
  let fallback: Uint8Array | undefined;
  const expression = (): Uint8Array => reader.take(reader.uleb());
  while (true) {
    let start: bigint;
    let end: bigint;
    switch (reader.u8()) {
      case LLE.endOfList:
        return fallback;
      case LLE.baseAddressx:
        base = unit.indexedAddress(reader.uleb());
        continue;
      case LLE.baseAddress:
        base = reader.u64();
        continue;
      case LLE.viewPair:
        reader.skipLeb();
        reader.skipLeb();
        continue;
      case LLE.defaultLocation:
        fallback = expression();
        continue;
      case LLE.startxEndx:
        start = unit.indexedAddress(reader.uleb());
        end = unit.indexedAddress(reader.uleb());
        break;
      case LLE.startxLength:
        start = unit.indexedAddress(reader.uleb());
        end = start + reader.ulebBig();
        break;
      case LLE.offsetPair:
        start = base + reader.ulebBig();
        end = base + reader.ulebBig();
        break;
      case LLE.startEnd:
        start = reader.u64();
        end = reader.u64();
        break;
      case LLE.startLength:
        start = reader.u64();
        end = start + reader.ulebBig();
        break;
      default:
        return reader.fail('unknown location list entry', reader.position - 1);
    }
    const bytes = expression();
    if (covers(start, end)) return bytes;
  }
}

/** DWARF 4, 2.6.2. */
function searchOldList(unit: Unit, offset: number, covers: Covers): Uint8Array | undefined {
  const reader: Reader = unit.sections.loc.readerAt(offset);
  let base = unit.bases.lowPc;
  while (true) {
    const start = reader.u64();
    const end = reader.u64();
    if (start === 0n && end === 0n) return undefined;
    if (start === ALL_ONES) {
      base = end;
      continue;
    }
    const bytes = reader.take(reader.u16());
    if (covers(base + start, base + end)) return bytes;
  }
}
