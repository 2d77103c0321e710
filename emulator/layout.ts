/**
 * Where everything lies in the machine's one WebAssembly memory. Three readers share this file and must agree:
 * the AssemblyScript core (`emulator/core`), the generated interpreter (`emulator/interpreter`) and TypeScript.
 * It therefore holds plain integer constants only: byte offsets, sizes in bytes, and small enumerations.
 *
 *   0x0000_0400  static data of the core
 *   0x0001_0000  GLOBALS       one block: the run in progress, the exit, the access in progress
 *   0x0002_0000  HARTS         MAX_HARTS blocks of HART_STRIDE: registers, CSRs, fast TLBs, architectural TLBs
 *   0x0030_0000  FRAME_FLAGS   one byte a RAM frame
 *   0x0040_0000  FRAME_CODE    one u16 a RAM frame: its code page + 1, or 0
 *   0x0060_0000  CODE_OWNERS   one u32 a code page: the RAM frame it caches + 1, or 0
 *   0x0061_0000  CODE_SLOTS    CODE_PAGES blocks of CODE_PAGE_STRIDE: predecoded instructions
 *   0x0400_0000  RAM           guest-physical 0x8000_0000 upwards
 *
 * Everything that decides what the guest sees is in GLOBALS, HARTS and RAM; the rest is derived from them and
 * may be dropped at any time.
 */

export const PAGE_SIZE = 4096;
export const MAX_HARTS = 8;
export const RAM_PHYSICAL = 0x8000_0000;
export const MAX_RAM_BYTES = 0xc000_0000;

// --- GLOBALS: offsets are absolute addresses -------------------------------------------------------------------

export const GLOBALS = 0x1_0000;
export const GLOBALS_SIZE = 0x1_0000;
/** i64: the step at which the run in progress has used up its budget; now = END_STEP − BUDGET. */
export const END_STEP = GLOBALS + 0x00;
/** i32: instructions that may still retire in this run, the current one included. Stored before slow calls. */
export const BUDGET = GLOBALS + 0x08;
/** i32: an EXIT_* code; 0 while running. */
export const EXIT_REASON = GLOBALS + 0x0c;
/** i64: steps skipped while every hart waited; mtime = (now + IDLE_STEPS) / STEPS_PER_TICK. */
export const IDLE_STEPS = GLOBALS + 0x10;
/** i32: bytes of RAM behind RAM_PHYSICAL. */
export const RAM_BYTES = GLOBALS + 0x18;
/** i32: number of harts that exist. */
export const HART_COUNT = GLOBALS + 0x1c;
/** i64: exception causes (bit = cause) that call the host's `trap` before they are delivered. */
export const TRAP_FILTER = GLOBALS + 0x20;
/** i64: the same for interrupts. */
export const INTERRUPT_FILTER = GLOBALS + 0x28;
/** i32: 1 marks the frames that page walks read as FRAME_PAGE_TABLE. */
export const TRACK_PAGE_TABLES = GLOBALS + 0x30;
/** i32: the EXTENSION_* that the harts have. */
export const EXTENSIONS = GLOBALS + 0x34;
/** i32: 1 = ecall from S goes to the host's firmware instead of trapping to M. */
export const BUILTIN_FIRMWARE = GLOBALS + 0x38;
/** i32: an OVERRIDE_* code for the store at step OVERRIDE_STEP: what to do whatever its page permits. */
export const OVERRIDE = GLOBALS + 0x3c;
/** i64: the step at which OVERRIDE holds. */
export const OVERRIDE_STEP = GLOBALS + 0x40;
/** i32: the next code page to reuse (round robin). */
export const NEXT_CODE_PAGE = GLOBALS + 0x48;
/** i64: the step at which the run in progress began, set by the host with END_STEP; for minstret. */
export const START_STEP = GLOBALS + 0x50;
/** i32: the largest satp.MODE: SATP_SV39, SATP_SV48 or SATP_SV57. The smaller ones exist, too. */
export const MAX_SATP_MODE = GLOBALS + 0x58;
/** i64: the trap value of an OVERRIDE_FAULT. */
export const OVERRIDE_ADDRESS = GLOBALS + 0x60;

// The access in progress, for the host's `trap`, `watch` and `pageTableStore` calls.
/** i64: virtual address. */
export const ACCESS_ADDRESS = GLOBALS + 0x80;
/** i64: guest-physical address of the first byte, or −1 if it did not translate. */
export const ACCESS_PHYSICAL = GLOBALS + 0x88;
/** i64: the value being stored (zero-extended), or for page-table stores the new doubleword. */
export const ACCESS_VALUE = GLOBALS + 0x90;
/** i64: the bytes there now, zero-extended; for page-table stores the old doubleword; of a block its first that is not 0. */
export const ACCESS_OLD = GLOBALS + 0x98;
/** i32: size in bytes. */
export const ACCESS_SIZE = GLOBALS + 0xa0;
/** i32: an ACCESS_* kind. */
export const ACCESS_KIND = GLOBALS + 0xa4;
/** i64: trap cause (without the interrupt bit), trap value, and 1 for an interrupt. */
export const TRAP_CAUSE = GLOBALS + 0xa8;
export const TRAP_VALUE = GLOBALS + 0xb0;
export const TRAP_IS_INTERRUPT = GLOBALS + 0xb8;
/** 16 bytes: value of a load that no RAM address holds (devices, page-crossing loads). */
export const LOAD_BUFFER = GLOBALS + 0xc0;
// What the core's `probe` found: the leaf that translates an address.
/** i64: the leaf PTE. */
export const LEAF_PTE = GLOBALS + 0xd0;
/** i64: its guest-physical address. */
export const LEAF_PTE_ADDRESS = GLOBALS + 0xd8;
/** i32: its level (0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB, …). */
export const LEAF_LEVEL = GLOBALS + 0xe0;

/** Extensions that more depends on than which instructions there are. C, S and U are always there. */
export const EXTENSION_M = 1 << 0;
export const EXTENSION_A = 1 << 1;
export const EXTENSION_F = 1 << 2;
export const EXTENSION_D = 1 << 3;
export const EXTENSION_B = 1 << 4;
export const EXTENSION_ZICBOM = 1 << 5;
export const EXTENSION_ZICBOZ = 1 << 6;
export const EXTENSION_SSTC = 1 << 7;
/** A clear A or D faults; without Svade and Svadu the walker sets them. */
export const EXTENSION_SVADE = 1 << 8;
/** menvcfg.ADUE decides whether the walker sets A and D. */
export const EXTENSION_SVADU = 1 << 9;
export const EXTENSION_SVNAPOT = 1 << 10;
export const EXTENSION_SVPBMT = 1 << 11;
export const EXTENSION_SMEPMP = 1 << 12;

export const ACCESS_LOAD = 0;
export const ACCESS_STORE = 1;
export const ACCESS_FETCH = 2;
export const ACCESS_AMO = 3;
export const ACCESS_SC = 4;

export const OVERRIDE_NONE = 0;
/** The store goes through and the page stays as it is. */
export const OVERRIDE_WRITE = 1;
/** Everything about the instruction happens but the write. */
export const OVERRIDE_DROP = 2;
/** The store is refused as a page without W would refuse it, with the trap value OVERRIDE_ADDRESS. */
export const OVERRIDE_FAULT = 3;

export const EXIT_NONE = 0;
/** The host asked to stop before the current instruction (breakpoint, watchpoint, caught trap, refused store). */
export const EXIT_STOP = 1;
/** The hart waits for an interrupt (wfi). */
export const EXIT_WAIT = 2;
/** ecall from S with built-in firmware; pc is still at the ecall. */
export const EXIT_SBI = 3;
/** Device or hart state changed: the scheduler must look again before it goes on. */
export const EXIT_RESCHEDULE = 4;

// --- HARTS: offsets within a hart's block ----------------------------------------------------------------------

export const HARTS = 0x2_0000;
export const HART_STRIDE = 0x2_0000;
/** i64 × 33: x0 … x31, and a sink that writes to x0 go to. */
export const X = 0x000;
export const X_SINK = 32;
/** i64 × 32: f0 … f31. */
export const F = 0x110;
/** i64: the pc, valid whenever the interpreter is not running this hart. */
export const PC = 0x210;
/** i64: while running, pc = PC_BASE + (slot address >> SLOT_PC_SHIFT). */
export const PC_BASE = 0x218;
/** i32: address of the fast TLB set for loads and stores (differs from FETCH_TLB under MPRV). */
export const DATA_TLB = 0x220;
/** i32: address of the fast TLB set for fetches. */
export const FETCH_TLB = 0x224;
/** i32: privilege: 0 U, 1 S, 3 M. */
export const PRIVILEGE = 0x228;
/** i32: a RUN_* state. */
export const RUN_STATE = 0x22c;
/** i64: guest-physical address of the reservation, −1 for none. */
export const RESERVATION = 0x230;
/** i64: what LR read there. */
export const RESERVED_VALUE = 0x238;
/** i64: instructions retired by this hart in earlier runs. */
export const RETIRED = 0x240;
/** i32: hart id. */
export const HART_ID = 0x248;
/** CSRs, an i64 each: 0x300 … 0x7ff. Writing one behind the core's back needs `flushFast` and `modeChanged`. */
export const CSRS = 0x300;
export const MSTATUS = CSRS + 0x00;
export const MEDELEG = CSRS + 0x08;
export const MIDELEG = CSRS + 0x10;
export const MIE = CSRS + 0x18;
/** What software wrote to mip: SSIP, STIP and its own SEIP. mip reads as MIP | INTERRUPT_LINES. */
export const MIP = CSRS + 0x20;
/** The wires from CLINT and PLIC, as bits of mip: MSIP, MTIP, MEIP, SEIP. */
export const INTERRUPT_LINES = CSRS + 0x28;
export const MTVEC = CSRS + 0x30;
export const MCOUNTEREN = CSRS + 0x38;
export const MCOUNTINHIBIT = CSRS + 0x40;
export const MSCRATCH = CSRS + 0x48;
export const MEPC = CSRS + 0x50;
export const MCAUSE = CSRS + 0x58;
export const MTVAL = CSRS + 0x60;
export const MENVCFG = CSRS + 0x68;
export const STVEC = CSRS + 0x70;
export const SCOUNTEREN = CSRS + 0x78;
export const SENVCFG = CSRS + 0x80;
export const SSCRATCH = CSRS + 0x88;
export const SEPC = CSRS + 0x90;
export const SCAUSE = CSRS + 0x98;
export const STVAL = CSRS + 0xa0;
export const SATP = CSRS + 0xa8;
/** mcycle and minstret less what they count; while inhibited, their value. */
export const MCYCLE = CSRS + 0xb0;
export const MINSTRET = CSRS + 0xb8;
/** u8 × 16: pmp0cfg … pmp15cfg, as in pmpcfg0 and pmpcfg2. */
export const PMPCFG = CSRS + 0xc0;
/** i64 × 16. */
export const PMPADDR = CSRS + 0xd0;
/** i32: 1 if the architectural TLBs may hold grains of superpages. */
export const TLB_HAS_SUPERPAGES = CSRS + 0x150;
/** i32: what PMP grants everywhere (R 1, W 2, X 4), to S and U in bits 2..0 and to M in 6..4; −1 if it depends. */
export const PMP_UNIFORM = CSRS + 0x154;
/** i32 each: the two fields of fcsr. */
export const FFLAGS = CSRS + 0x158;
export const FRM = CSRS + 0x15c;
export const STIMECMP = CSRS + 0x160;
export const MSECCFG = CSRS + 0x168;
/** 64 bytes: slots for a single instruction outside any code page, see `crossPage` in the core. */
export const CROSSING_SLOTS = 0x800;

export const SATP_BARE = 0;
export const SATP_SV39 = 8;
export const SATP_SV48 = 9;
export const SATP_SV57 = 10;

export const RUN_STOPPED = 0;
export const RUN_RUNNING = 1;
export const RUN_WAITING = 2;
export const RUN_SUSPENDED = 3;

/**
 * Fast TLBs: what the interpreter checks inline. Each set (U, S, S with SUM, M) has three direct-mapped tables
 * indexed by virtual page number. An entry is { i64 tag = page address or −1; i32 addend: va + addend = address
 * in this memory (loads and stores), or address of the page's slots (fetches) }. An entry exists only where
 * nothing has to be noticed; everything else takes the slow path.
 */
export const FAST_TLBS = 0x4000;
export const FAST_TLB_ENTRIES = 256;
export const FAST_TLB_ENTRY_SIZE = 16;
export const FAST_TAG = 0;
export const FAST_ADDEND = 8;
export const FAST_READ = 0;
export const FAST_WRITE = 0x1000;
export const FAST_FETCH = 0x2000;
export const FAST_SET_SIZE = 0x3000;
export const FAST_SETS = 4;
export const FAST_SET_U = 0;
export const FAST_SET_S = 1;
export const FAST_SET_S_SUM = 2;
export const FAST_SET_M = 3;

/**
 * The architectural TLBs: what the guest's hardware remembers, so that a stale entry is really stale until an
 * sfence.vma (privileged spec, "Supervisor Memory-Management Fence Instruction"). Direct mapped by a hash of
 * the virtual page number, always 4 KiB grains. Every fast entry of a paged mode has its architectural entry.
 *
 * Fetches have one of their own: the interpreter translates its page when it enters it, not at each instruction, and
 * only what has it look again (another fetch, a fence) may drop that page's entry. Otherwise where a run is
 * interrupted would decide what the TLB holds.
 */
export const DTLB = 0x1_0000;
export const TLB_ENTRIES = 1024;
export const TLB_ENTRY_SIZE = 32;
export const ITLB = DTLB + TLB_ENTRIES * TLB_ENTRY_SIZE;
export const TLBS_END = ITLB + TLB_ENTRIES * TLB_ENTRY_SIZE;
/** i64: virtual page number (sign-extended va >> 12), or −1 << 63 when invalid. */
export const TLB_VPN = 0;
/** i64: the leaf PTE's bits as cached (V R W X U G A D …), with the frame number of this 4 KiB page in its PPN. */
export const TLB_PTE = 8;
/** i64: guest-physical address of the leaf PTE. */
export const TLB_PTE_ADDRESS = 16;
/** i32: ASID. */
export const TLB_ASID = 24;
/** i32: level of the leaf (0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB, …). */
export const TLB_LEVEL = 28;

// --- frames and code pages -------------------------------------------------------------------------------------

export const FRAME_FLAGS = 0x30_0000;
/** Holds predecoded instructions: stores must drop them. */
export const FRAME_CODE_CACHED = 1;
/** Was read as a page table: stores are reported after they happen. */
export const FRAME_PAGE_TABLE = 2;
/** Stores are reported before they happen. */
export const FRAME_WATCH_WRITE = 4;
/** Loads are reported before they happen. */
export const FRAME_WATCH_READ = 8;

export const FRAME_CODE = 0x40_0000;
export const CODE_OWNERS = 0x60_0000;
export const CODE_SLOTS = 0x61_0000;
export const CODE_PAGES = 1024;
/** A slot for each halfword of a page, and one behind the last whose operation is OP_PAGE_END. */
export const SLOTS_PER_PAGE = PAGE_SIZE / 2 + 1;
export const SLOT_SIZE = 16;
export const CODE_PAGE_STRIDE = (SLOTS_PER_PAGE + 3) * SLOT_SIZE;
/** A halfword of code is 2 bytes of pc and 16 bytes of slot. */
export const SLOT_PC_SHIFT = 3;

// A slot. Register fields are byte offsets from X (index × 8).
/** u16: what to run: an operation, or OP_BREAK. */
export const SLOT_OP = 0;
/** u16: the operation under a breakpoint; otherwise equal to SLOT_OP. */
export const SLOT_REAL_OP = 2;
/** u16: destination; x0 becomes the sink. */
export const SLOT_RD = 4;
/** u16: first source, or the 5-bit immediate of csrr?i, unscaled. */
export const SLOT_RS1 = 6;
/** u16: second source. */
export const SLOT_RS2 = 8;
/** u8: length of the instruction in bytes, 2 or 4. */
export const SLOT_LENGTH = 10;
/**
 * i32: immediate; slot distance in bytes for a jump within its page; CSR number; raw bits if illegal; of a
 * floating-point instruction its rounding mode in bits 2..0, and rs3 above, so that bits 7..3 are an offset from F.
 */
export const SLOT_IMM = 12;

/** Not decoded yet. */
export const OP_UNDECODED = 0;
/** A breakpoint may be here. */
export const OP_BREAK = 1;
/** Behind the last halfword of a page. */
export const OP_PAGE_END = 2;
/** A 4-byte instruction that starts in the last halfword of a page. */
export const OP_CROSS_PAGE = 3;

// --- RAM and time ----------------------------------------------------------------------------------------------

export const RAM = 0x400_0000;
/** Steps a tick of mtime: a nominal 100 MIPS machine with QEMU virt's 10 MHz timebase. */
export const STEPS_PER_TICK = 10;
