/**
 * What the AssemblyScript core (`emulator/core`) offers and what it asks of its host. `hart` is always the address
 * of a hart's block, `slot` the address of a predecoded instruction (see layout.ts); an i64 is a `bigint` here.
 * Memory comes in as `env.memory`, the functions of CoreImports as module `host`.
 *
 * Results of the first group, called by the interpreter with BUDGET stored: 0 = redirected, HART.PC and BUDGET are
 * right and the interpreter calls `resume`; anything else = go on inline.
 */
export interface CoreExports {
  /** Slot to run at HART.PC, or 0 to return to the host (EXIT_REASON ≠ 0 or BUDGET used up). */
  resume(hart: number): number;
  /** Address from which to load `size` bytes. */
  loadSlow(hart: number, slot: number, va: bigint, size: number): number;
  /** 1 = stored. */
  storeSlow(hart: number, slot: number, va: bigint, value: bigint, size: number): number;
  /** Address of the old value, to be followed by `amoWrite`, which checks for W, sets A and D, and stores. */
  amoRead(hart: number, slot: number, va: bigint, size: number): number;
  amoWrite(hart: number, slot: number, va: bigint, value: bigint, size: number): number;
  /** Address of the value; the reservation is set. */
  lr(hart: number, slot: number, va: bigint, size: number): number;
  /** 1 = stored (rd = 0), 2 = failed (rd = 1). */
  sc(hart: number, slot: number, va: bigint, value: bigint, size: number): number;
  /** op: 1 RW, 2 RS, 3 RC; `writes` is 0 for RS and RC of x0 or immediate 0. Writes rd itself. */
  csrOp(hart: number, slot: number, op: number, operand: bigint, writes: number): number;
  ecall(hart: number, slot: number): number;
  ebreak(hart: number, slot: number): number;
  mret(hart: number, slot: number): number;
  sret(hart: number, slot: number): number;
  wfi(hart: number, slot: number): number;
  fenceI(hart: number, slot: number): number;
  /** sfence.w.inval and sfence.inval.ir. */
  fenceInvalidation(hart: number, slot: number): number;
  /** operation: 0 inval, 1 clean, 2 flush, 4 zero, of the 64 bytes around `va`. */
  cacheBlock(hart: number, slot: number, va: bigint, operation: number): number;
  illegal(hart: number, slot: number): number;
  sfenceVma(hart: number, slot: number, va: bigint, asid: bigint, hasVa: number, hasAsid: number): number;
  // The interpreter calls the core's floating-point routines, too; core/float.ts describes them.
  /** Slot that holds the instruction which starts in a page's last halfword. */
  crossPage(hart: number, slot: number): number;

  // For the host, between runs or from within an import.

  /** Power-on state of a hart: M-mode, pc 0, registers, CSRs (all PMP entries off) and TLBs empty. RUN_STATE is RUN_STOPPED. */
  reset(hart: number): void;
  /** Sets PRIVILEGE (0, 1 or 3) and selects the fast TLBs that go with it. */
  setPrivilege(hart: number, privilege: number): void;
  /** After PRIVILEGE or MSTATUS were written in memory: selects the fast TLBs anew. */
  modeChanged(hart: number): void;
  /** 1 if a CSR of this number exists, whatever privilege it needs. */
  hasCsr(number: number): number;
  /** Value as M-mode reads it; 0 if there is no such CSR. */
  readCsr(hart: number, number: number): bigint;
  /** Writes as M-mode does, with its WARL rules and effects; 0 if there is no such CSR or it is read-only. */
  writeCsr(hart: number, number: number, value: bigint): number;
  /** What PMP lets a privilege do with all of [pa, pa + size): R 1, W 2, X 4. */
  pmpAllows(hart: number, pa: bigint, size: bigint, privilege: number): number;
  /** Sets the wires in `mask` (MSIP 0x8, MTIP 0x80, SEIP 0x200, MEIP 0x800) to their bits in `levels`. */
  setInterruptLines(hart: number, mask: number, levels: number): void;
  /** Sets the software-writable pending bits in `mask` (SSIP 0x2, STIP 0x20, SEIP 0x200): built-in firmware. */
  setSoftwarePending(hart: number, mask: number, levels: number): void;
  /** mip & mie: non-zero ends wfi. */
  pendingInterrupts(hart: number): number;
  /** Delivers an exception at HART.PC past all filters; no step is counted. */
  raise(hart: number, cause: number, value: bigint): void;

  /** Drops every fast TLB entry of the hart, of all harts; the guest cannot notice. */
  flushFast(hart: number): void;
  flushFastAll(): void;
  /** Drops the fast entries (loads and stores, every hart) of one RAM frame, after FRAME_FLAGS changed. */
  flushFrame(frame: number): void;
  /**
   * What `sfence.vma` does to the architectural TLB, without its privilege checks: all pages of
   * [start, start + size), or everything if size is −1 or start and size are 0; of one address space if hasAsid.
   */
  fence(hart: number, start: bigint, size: bigint, asid: bigint, hasAsid: number): void;
  /** Forgets predecoded instructions of a RAM frame, after the host (DMA, debugger) wrote to it or its breakpoints changed. */
  dropCode(frame: number): void;
  /** Forgets everything derived (code pages, fast TLBs): after RAM or harts were replaced as a whole. */
  dropAll(): void;
  /**
   * Walks the page tables of `satp` for a debugger: no access check, no A/D update, no TLB. Guest-physical address
   * or −1; the leaf is left in LEAF_PTE, LEAF_PTE_ADDRESS, LEAF_LEVEL (PTE 0 for a bare satp).
   */
  probe(satp: bigint, va: bigint): bigint;
  /** Address of the architectural TLB entry that would translate `va` on this hart now, for this ACCESS_*, or 0. */
  tlbLookup(hart: number, va: bigint, kind: number): number;
}

/**
 * Before each call HART.PC is the pc of the instruction in progress, BUDGET counts it, and now = END_STEP − BUDGET.
 * Nothing of the instruction has been committed when `trap` and `watch` are called.
 */
export interface CoreImports {
  /** 1 if a device answers an access of `size` bytes at `pa`; otherwise the core raises an access fault. */
  isDevice(pa: bigint, size: number): number;
  /** The value, in the low `size` bytes. */
  mmioRead(hart: number, pa: bigint, size: number): bigint;
  /** 1 = leave the run with EXIT_RESCHEDULE after this instruction. */
  mmioWrite(hart: number, pa: bigint, value: bigint, size: number): number;
  /** A trap in TRAP_FILTER or INTERRUPT_FILTER, described by TRAP_* and ACCESS_*: 1 = stop, 0 = deliver. */
  trap(hart: number): number;
  /** An access (ACCESS_*) to a watched frame: 1 = stop before it, 0 = go on. */
  watch(hart: number): number;
  /**
   * A store changed a doubleword of a page-table frame: ACCESS_PHYSICAL (8-byte aligned), ACCESS_OLD, ACCESS_VALUE.
   * A and D updates by the walker are not reported.
   */
  pageTableStore(hart: number): void;
  satpWritten(hart: number): void;
  /** After an sfence.vma. */
  tlbFlushed(hart: number): void;
  /** A PMP entry or mseccfg was written. */
  pmpWritten(hart: number): void;
  /** Decode `bits` (one instruction) into `slot`, with no jump taken as one within a code page if `crossing`. */
  decodeWord(slot: number, bits: number, crossing: number): void;
}
