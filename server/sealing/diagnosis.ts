/** Puts together everything that is known about a refused store. The store has not happened; nothing is changed. */
import type { Machine } from '../../emulator/index.ts';
import { strip, typeName, type DataDescription, type SymbolFile, type Type } from '../symbols/index.ts';
import type { AddressSpace } from './addressSpace.ts';
import { classify, suggest, type Facts } from './classify.ts';
import type { CodePlace } from './codePlace.ts';
import { littleEndian, memberChanges, toLittleEndian, type StoredBytes } from './members.ts';
import type { Refusal, TouchedPage } from './refusal.ts';
import type {
  DataObject,
  MemberChange,
  NeighbourSymbol,
  RefusedStore,
  SealedPage,
  StorePart,
  WriterHistory,
  WriterRecord,
} from './refusedStore.ts';
import type { Regions } from './regions.ts';
import type { SealRegion } from './region.ts';
import type { Mapping, Moment } from './sealEvent.ts';
import { tellStory } from './story.ts';
import type { RecordedWriters, StoreRecord } from './writers.ts';
import type { RuntimeRoot } from './refusedStore.ts';
import type { Bypass } from './windows/bypass.ts';

/** What a diagnosis reads of code; the session's inspection gives it. */
export interface CodeReader {
  /** The inlined chain at a pc, innermost first; never empty. */
  chainAt(pc: bigint): CodePlace[];
  stackOf(hart: number): CodePlace[];
  instructionText(hart: number, pc: bigint): string;
  /** Guest memory through a hart's page tables, as far as it is mapped. */
  readMemory(hart: number, address: bigint, length: number): Uint8Array;
  nameOf(address: bigint): string | undefined;
  toHost(path: string): string;
}

/** What a diagnosis reads of the seals' past and present. */
export interface SealReader {
  sealedAt(region: SealRegion): Moment | undefined;
  /** From when on what-if seals hold, in words: `the guest sealed rodata at step 81,234`. */
  whatIfSince(): string;
  mappingsOf(physical: bigint): readonly Mapping[];
  writersOf(physical: bigint, size: number): RecordedWriters;
  rootOf(hart: number, stack: readonly CodePlace[]): RuntimeRoot;
  fixupOf(pc: bigint): bigint | undefined;
  /** What permits a store that should have been refused, in words. */
  bypassText(hart: number, bypass: Bypass): string;
}

export interface DiagnosisParts {
  readonly machine: Machine;
  readonly symbols: SymbolFile | undefined;
  readonly space: AddressSpace;
  readonly regions: Regions;
  readonly code: CodeReader;
  readonly seals: SealReader;
}

const MAX_NEIGHBOURS = 512;
const CSR = { sstatus: 0x100, satp: 0x180 };
/** Bytes of code shown before and behind the pc, as RISC-V Linux does. */
const CODE_BEFORE = 20n;
const CODE_LENGTH = 26;

export class Diagnostician {
  readonly #parts: DiagnosisParts;

  constructor(parts: DiagnosisParts) {
    this.#parts = parts;
  }

  /** @param id Number of the stop in the run. */
  diagnose(refusal: Refusal, id: number): RefusedStore {
    const { machine, code, seals } = this.#parts;
    const { trap, store, pages, bypass } = refusal;
    const hart = machine.harts[trap.hart]!;
    const stack = code.stackOf(trap.hart);
    const place = stack[0] ?? code.chainAt(trap.pc)[0]!;
    const page = pages.find((each) => each.refused)!;
    const linked = bypass?.home ?? this.#linkedOf(page.address, page.physical);
    const region = this.#regionOf(linked, page, refusal);
    const bytes = this.#bytesOf(refusal);
    const parts = this.#partsOf(refusal, bytes);
    const object = parts.find((part) => part.refused)?.object;
    const description = this.#parts.symbols?.describeData(
      this.#linkedOf(store.address, pages[0]!.physical),
      store.size,
    );
    const members = this.#membersOf(description, refusal, bytes);
    const recorded = seals.writersOf(page.physical, page.size);
    const redundant = bytes.oldValue === bytes.newValue;
    const throughAlias = linked !== page.address;
    const structural =
      description?.variable !== undefined &&
      isLink(description.variable.type, description.offset, store.size);
    const facts: Facts = {
      place,
      object,
      redundant,
      parts,
      throughAlias,
      wroteBefore: this.#wroteBefore(trap.pc, recorded),
      members,
      structural,
      bypass: bypass?.kind,
      isWhatIf: refusal.whatIf !== undefined,
      inInit:
        this.#parts.space.sectionAt(this.#parts.space.linkedOf(trap.pc))?.name.startsWith('.init') === true,
    };
    const classes = classify(facts);
    const fixup = seals.fixupOf(trap.pc);
    const start = trap.pc - CODE_BEFORE;
    const refused: Omit<RefusedStore, 'story'> = {
      id,
      step: trap.step,
      hart: trap.hart,
      privilege: hart.privilege,
      place,
      stack,
      instruction: code.instructionText(trap.hart, trap.pc),
      code: { start, bytes: code.readMemory(trap.hart, start, CODE_LENGTH) },
      registers: Array.from({ length: 32 }, (_, index) => hart.register(index)),
      csrs: {
        status: trapStatus(hart.csr(CSR.sstatus) ?? 0n, hart.privilege),
        epc: trap.pc,
        cause: BigInt(trap.cause),
        tval: trap.value,
        satp: hart.csr(CSR.satp) ?? 0n,
      },
      kind: store.kind,
      address: store.address,
      physical: pages[0]!.physical,
      size: store.size,
      oldValue: bytes.oldValue,
      newValue: bytes.newValue,
      redundant,
      object: object && named(object, members),
      members,
      parts,
      region,
      sealedBy: seals.sealedAt(region) ?? bypass?.sealed,
      whatIf: refusal.whatIf && { since: seals.whatIfSince() },
      page: this.#pageOf(page, linked),
      throughAlias,
      bypass: bypass && { kind: bypass.kind, text: seals.bypassText(trap.hart, bypass) },
      neighbours: this.#neighboursOf(page, linked, object, refusal),
      writers: this.#history(recorded),
      root: seals.rootOf(trap.hart, stack),
      classification: classes[0],
      also: classes.slice(1),
      suggestions: suggest(facts, classes),
      probe: fixup === undefined ? undefined : { fixup },
    };
    return { ...refused, story: tellStory(refused) };
  }

  /** The address that symbols know for a byte: its own, or the image's when it is reached through an alias. */
  #linkedOf(address: bigint, physical: bigint): bigint {
    const { space } = this.#parts;
    if (space.permissionsAt(address) !== undefined) return address;
    return space.linkedOfPhysical(physical) ?? address;
  }

  /** The region of the bytes, else the one its page is sealed for, else one that is named now. */
  #regionOf(linked: bigint, page: TouchedPage, { whatIf }: Refusal): SealRegion {
    const { regions } = this.#parts;
    for (let index = 0; index < page.size && whatIf !== undefined; index++) {
      const region = whatIf.regionAt(page.physical + BigInt(index));
      if (region !== undefined) return region;
    }
    const offset = page.address - page.leaf.base;
    const base = linked - offset;
    return (
      regions.at(linked) ??
      regions.overlapping(base, base + page.leaf.size) ??
      regions.observe(linked, { address: base, size: page.leaf.size })
    );
  }

  #bytesOf({ trap, store }: Refusal): {
    readonly oldValue: bigint;
    readonly newValue: bigint;
    readonly old: Uint8Array;
    readonly new: Uint8Array;
  } {
    const old = this.#parts.code.readMemory(trap.hart, store.address, store.size);
    const fresh = toLittleEndian(store.newValue, store.size);
    return { oldValue: littleEndian(old), newValue: littleEndian(fresh), old, new: fresh };
  }

  /** Split where a page or a region ends. */
  #partsOf(
    { store, pages, whatIf }: Refusal,
    bytes: { readonly old: Uint8Array; readonly new: Uint8Array },
  ): StorePart[] {
    const { regions } = this.#parts;
    const parts: StorePart[] = [];
    for (const page of pages) {
      const linked = this.#linkedOf(page.address, page.physical);
      const regionAt = (index: number): SealRegion | undefined =>
        whatIf === undefined
          ? regions.at(linked + BigInt(index))
          : whatIf.regionAt(page.physical + BigInt(index));
      for (let done = 0; done < page.size;) {
        const region = regionAt(done);
        let size = 1;
        while (done + size < page.size && regionAt(done + size) === region) size++;
        const address = page.address + BigInt(done);
        const from = Number(address - store.address);
        parts.push({
          address,
          size,
          refused: page.refused && (whatIf === undefined || region !== undefined),
          region,
          object: this.#objectAt(linked + BigInt(done), size, whatIf && region !== undefined),
          oldValue: littleEndian(bytes.old.subarray(from, from + size)),
          newValue: littleEndian(bytes.new.subarray(from, from + size)),
        });
        done += size;
      }
    }
    return parts;
  }

  /** @param isMeant Whether it is meant to be sealed, where that is no question of regions. */
  #objectAt(linked: bigint, size: number, isMeant?: boolean): DataObject | undefined {
    const { symbols, regions, space, code } = this.#parts;
    const found = symbols?.describeData(linked, size);
    if (found === undefined) return undefined;
    const { declaration, type } = found;
    return {
      symbol: found.symbol,
      start: found.start,
      size: found.size,
      offset: found.offset,
      path: found.rest === 0 ? found.path : `${found.path}+0x${found.rest.toString(16)}`,
      type: type && typeName(type),
      file: declaration && code.toHost(declaration.path),
      line: declaration?.line,
      section: space.sectionAt(linked)?.name,
      inRegion: isMeant ?? regions.intends(linked),
    };
  }

  #membersOf(
    description: DataDescription | undefined,
    { trap, store }: Refusal,
    bytes: { readonly new: Uint8Array },
  ): MemberChange[] {
    if (description?.variable === undefined) return [];
    const { code } = this.#parts;
    const base = store.address - BigInt(description.offset);
    const stored: StoredBytes = {
      offset: description.offset,
      size: store.size,
      nameOf: (address) => code.nameOf(address),
      read: (offset, length) => {
        const before = code.readMemory(trap.hart, base + BigInt(offset), length);
        if (before.length < length) return undefined;
        const after = before.map((byte, index) => bytes.new[offset + index - description.offset] ?? byte);
        return { before, after };
      },
    };
    return memberChanges(description.variable.type, description.symbol, stored);
  }

  #pageOf({ leaf, permissions, physical, address }: TouchedPage, linked: bigint): SealedPage {
    const { space, seals } = this.#parts;
    const { read, write, execute, user } = permissions;
    const offset = address - leaf.base;
    return {
      address: leaf.base,
      size: leaf.size,
      level: leaf.level,
      physical: physical - offset,
      pte: leaf.pte,
      pteAddress: leaf.pteAddress,
      linked: space.permissionsAt(linked),
      now: { read, write, execute, user },
      aliases: seals.mappingsOf(physical).filter((mapping) => mapping.address !== leaf.base),
    };
  }

  #neighboursOf(
    page: TouchedPage,
    linked: bigint,
    object: DataObject | undefined,
    { whatIf }: Refusal,
  ): NeighbourSymbol[] {
    const start = linked - (page.address - page.leaf.base);
    const others = this.objectsWithin(start, start + page.leaf.size).filter(
      ({ address }) => address !== object?.start,
    );
    if (whatIf === undefined) return others;
    const isSealed = ({ address }: NeighbourSymbol): boolean =>
      whatIf.regionAt(page.physical + (address - linked)) !== undefined;
    return others.map((other) => ({ ...other, inRegion: isSealed(other) }));
  }

  /** Objects and functions in a range of linked addresses; bounded. */
  objectsWithin(start: bigint, end: bigint, limit = MAX_NEIGHBOURS): NeighbourSymbol[] {
    const { symbols, regions } = this.#parts;
    const found = symbols?.symbols.within(start, end) ?? [];
    return found
      .filter((symbol) => symbol.size > 0)
      .slice(0, limit)
      .map(({ name, address, size }) => ({ name, address, size, inRegion: regions.intends(address) }));
  }

  /** Who wrote to `size` bytes from a physical address before they were sealed. */
  writersOf(physical: bigint, size: number): WriterHistory {
    return this.#history(this.#parts.seals.writersOf(physical, size));
  }

  #history({ first, latest, count, complete }: RecordedWriters): WriterHistory {
    return { first: first && this.#writer(first), latest: latest && this.#writer(latest), count, complete };
  }

  /** Helpers that are inlined everywhere do not count: what matters is the function that holds the store. */
  #wroteBefore(pc: bigint, { first, latest }: RecordedWriters): boolean {
    const functionAt = (at: bigint): string => this.#parts.code.chainAt(at).at(-1)!.function;
    const here = functionAt(pc);
    return (
      here !== '' && [first, latest].some((writer) => writer !== undefined && functionAt(writer.pc) === here)
    );
  }

  #writer({ step, hart, pc, address, size, oldValue, newValue }: StoreRecord): WriterRecord {
    return { step, hart, place: this.#parts.code.chainAt(pc)[0]!, address, size, oldValue, newValue };
  }
}

/** sstatus as the handler finds it (privileged spec, "Supervisor Status Register"): SPP, and SIE moved to SPIE. */
function trapStatus(status: bigint, privilege: number): bigint {
  const [sie, spie, spp] = [1n << 1n, 1n << 5n, 1n << 8n];
  const kept = status & ~(sie | spie | spp);
  return kept | ((status & sie) === 0n ? 0n : spie) | (privilege === 0 ? 0n : spp);
}

/** Where one member alone changes, its path is what the store is about: it may be finer than the address tells. */
function named(object: DataObject, members: readonly MemberChange[]): DataObject {
  const only = members.length === 1 ? members[0] : undefined;
  return only === undefined ? object : { ...object, path: only.path, type: only.type };
}

/** A pointer inside a structure that has pointers to its own kind: the link of a list, tree or registration. */
function isLink(type: Type, offset: number, size: number): boolean {
  const inner = strip(type);
  if (inner.kind === 'array') {
    const element = inner.element.size ?? 0;
    return element > 0 && isLink(inner.element, offset % element, size);
  }
  if (inner.kind !== 'struct' && inner.kind !== 'class' && inner.kind !== 'union') return false;
  return inner.members.some((member) => {
    const memberSize = member.type.size ?? 0;
    if (offset < member.offset || offset + size > member.offset + memberSize) return false;
    const memberType = strip(member.type);
    if (memberType.kind !== 'pointer') return isLink(member.type, offset - member.offset, size);
    const target = strip(memberType.target);
    return target === inner || (target.name !== undefined && target.name === inner.name);
  });
}
