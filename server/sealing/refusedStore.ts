/**
 * The diagnosis of a refused store: plain data with everything resolved, so that a report, a JSON event, a debug
 * adapter and a test read the same thing. Nothing in it refers to the live machine. The store has not happened yet.
 */
import type { CodePlace } from './codePlace.ts';
import type { SealChoice } from './choice.ts';
import type { Permissions, SealRegion } from './region.ts';
import type { Mapping, Moment } from './sealEvent.ts';

/** An object that a store hits: `cpu_caps.features[2].bits`. */
export interface DataObject {
  /** The symbol alone, as in `cpu_caps`. */
  readonly symbol: string;
  readonly start: bigint;
  /** Bytes the whole object has; 0 for a label. */
  readonly size: number;
  /** Bytes from `start` to the first byte stored. */
  readonly offset: number;
  /** Symbol and member path; equals `symbol` (plus `+0x…`) where no type is known. */
  readonly path: string;
  /** C type of what `path` names. */
  readonly type?: string | undefined;
  /** Where the object is declared, on this host. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  /** ELF section it was linked into. */
  readonly section?: string | undefined;
  /** False for an object that only shares a page with the region. */
  readonly inRegion: boolean;
}

/** A member whose bits the store would set: for a bit field only its own bits. */
export interface MemberChange {
  readonly path: string;
  readonly type?: string | undefined;
  /** Width in bits, for a bit field. */
  readonly bits?: number | undefined;
  readonly oldValue: bigint;
  readonly newValue: bigint;
  /** As the debugger shows values of that type. */
  readonly oldText: string;
  readonly newText: string;
}

/** Bytes of the store on one side of a seal's edge. A store that does not straddle has one part. */
export interface StorePart {
  readonly address: bigint;
  /** Bytes. */
  readonly size: number;
  /** A page without write permission holds these bytes. */
  readonly refused: boolean;
  /** The region these bytes are in; undefined outside of all. */
  readonly region: SealRegion | undefined;
  readonly object: DataObject | undefined;
  readonly oldValue: bigint;
  readonly newValue: bigint;
}

/** The leaf that refuses. */
export interface SealedPage {
  /** First address the leaf maps, and bytes: 4 KiB, 2 MiB or 1 GiB. */
  readonly address: bigint;
  readonly size: bigint;
  readonly level: number;
  readonly physical: bigint;
  readonly pte: bigint;
  readonly pteAddress: bigint;
  /** As the ELF segment declares it; undefined for memory outside the image. */
  readonly linked: Permissions | undefined;
  readonly now: Permissions;
  /** Other virtual pages over the same frame; bounded. */
  readonly aliases: readonly Mapping[];
}

/** A store to the bytes in question, seen while their region was still open. */
export interface WriterRecord {
  readonly step: bigint;
  readonly hart: number;
  readonly place: CodePlace;
  readonly address: bigint;
  readonly size: number;
  readonly oldValue: bigint;
  readonly newValue: bigint;
}

export interface WriterHistory {
  readonly first: WriterRecord | undefined;
  readonly latest: WriterRecord | undefined;
  /** Stores seen before the seal; `complete` is false when the memory for records ran out. */
  readonly count: number;
  readonly complete: boolean;
}

/** Why this code runs now: the outermost frame or the event that means something to a person. */
export interface RuntimeRoot {
  /** `hart-start` and `hart-resume` are SBI HSM events, `trap` an interrupt or exception, `call` a plain call path. */
  readonly kind: 'boot' | 'hart-start' | 'hart-resume' | 'trap' | 'call';
  /** `hart 1 started by hart 0 at step 81,234 from cpu_up (smp.c:41)`. */
  readonly text: string;
  readonly place: CodePlace | undefined;
  readonly step: bigint | undefined;
  readonly byHart: number | undefined;
}

/** DOMAIN.md §4: the classes that real bugs fall into. */
export type RefusedStoreClass =
  | 'late-write'
  | 'redundant-write'
  | 'init-code-called-late'
  | 'structural-write'
  | 'neighbour'
  | 'boundary'
  | 'alias'
  | 'stale-tlb'
  | 'too-early';

export interface Suggestion {
  /** One sentence that says what to change. */
  readonly text: string;
  /** Where, on this host, when a place is known. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** A way past a seal, which is what has to be closed. */
export interface StoreBypass {
  readonly kind: 'alias' | 'stale-tlb' | 'no-paging';
  /** `hart 1 still has a writable TLB entry for 0x… `: what permits the store, in words. */
  readonly text: string;
}

export interface NeighbourSymbol {
  readonly name: string;
  readonly address: bigint;
  readonly size: number;
  /** Inside a sealed region: loses its protection when the page is opened. */
  readonly inRegion: boolean;
}

export interface RefusedStore {
  /** Number among the run's refused stores, from 1; 0 for a probe or an allowed writer, which count for nothing. */
  readonly id: number;
  readonly step: bigint;
  readonly hart: number;
  /** 0 U, 1 S, 3 M. */
  readonly privilege: number;
  readonly place: CodePlace;
  /** Innermost first, inlined frames included; the first is `place`. */
  readonly stack: readonly CodePlace[];
  /** Disassembly of the instruction. */
  readonly instruction: string;
  /** Bytes of code around the pc, and the address of the first, for an oops report's Code line. */
  readonly code: { readonly start: bigint; readonly bytes: Uint8Array };
  /** x0–x31 by index, then the CSRs an oops report shows, as the guest's handler would find them. */
  readonly registers: readonly bigint[];
  readonly csrs: Readonly<Record<'status' | 'epc' | 'cause' | 'tval' | 'satp', bigint>>;

  readonly kind: 'store' | 'amo' | 'sc';
  readonly address: bigint;
  readonly physical: bigint;
  /** Bytes. */
  readonly size: number;
  readonly oldValue: bigint;
  readonly newValue: bigint;
  /** The store would change nothing. */
  readonly redundant: boolean;
  /** The object that the first refused byte is in. */
  readonly object: DataObject | undefined;
  /** The members whose bits the store covers, in order of address; only those that would change if there are any. */
  readonly members: readonly MemberChange[];
  /** More than one when the store straddles a seal's edge. */
  readonly parts: readonly StorePart[];

  readonly region: SealRegion;
  /** When the region that refuses was sealed; undefined where it was mapped read-only from the start. */
  readonly sealedBy: Moment | undefined;
  /** No page refuses it, but a what-if seal on these bytes, which holds since then: in words. */
  readonly whatIf?: { readonly since: string } | undefined;
  readonly page: SealedPage;
  /** Reached through an address other than the one the region is linked at. */
  readonly throughAlias: boolean;
  /** Nothing refuses this store: how it gets past the seal. Undefined where the page does refuse it. */
  readonly bypass?: StoreBypass | undefined;
  /** Everything else on the page, by address; bounded to 512 entries. */
  readonly neighbours: readonly NeighbourSymbol[];
  readonly writers: WriterHistory;
  readonly root: RuntimeRoot;
  readonly classification: RefusedStoreClass;
  /** Other classes that hold too, such as `redundant-write` for init code called late. */
  readonly also: readonly RefusedStoreClass[];
  readonly suggestions: readonly Suggestion[];
  /** The store's instruction has an exception-table entry: a probe that is meant to fault. */
  readonly probe: { readonly fixup: bigint } | undefined;
  /** The one line that tells the story; what a stop shows. */
  readonly story: string;
}

/** What was done about a refused store: a choice, `ignored` by a rule, or `ask` while it waits for a choice. */
export type FindingAction = SealChoice | 'ask' | 'ignored';

/** One line of the run's findings: all refused stores of one instruction to one symbol. */
export interface Finding {
  /** From 1, in the order in which they were first seen. */
  readonly id: number;
  readonly first: RefusedStore;
  readonly count: number;
  /** Whether these stores would have changed nothing. */
  readonly redundant: 'always' | 'never' | 'sometimes';
  readonly latestStep: bigint;
  /** In the order in which each was first done. */
  readonly actions: readonly { readonly action: FindingAction; readonly count: number }[];
}
