/**
 * A page-table entry (privileged spec, "Addressing and Memory Protection"):
 *
 *   63 N | 62..61 PBMT | 60..54 reserved | 53..10 PPN | 9..8 RSW | 7 D | 6 A | 5 G | 4 U | 3 X | 2 W | 1 R | 0 V
 */
export const PTE_V: u64 = 1;
export const PTE_R: u64 = 2;
export const PTE_W: u64 = 4;
export const PTE_X: u64 = 8;
export const PTE_U: u64 = 16;
export const PTE_G: u64 = 32;
export const PTE_A: u64 = 64;
export const PTE_D: u64 = 128;
export const PTE_FLAGS: u64 = 0x3ff;
/** Svpbmt's memory type; with one thread and no caches, only whether it is a valid one shows. */
export const PTE_PBMT: u64 = 3 << 61;
/** Svnapot. */
export const PTE_N: u64 = 1 << 63;
