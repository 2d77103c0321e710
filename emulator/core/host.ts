/** What the core asks of its host (import module "host", after this file); see `CoreImports` in ../core-interface.ts. */
export declare function isDevice(pa: u64, size: i32): i32;
export declare function mmioRead(hart: usize, pa: u64, size: i32): u64;
export declare function mmioWrite(hart: usize, pa: u64, value: u64, size: i32): i32;
export declare function trap(hart: usize): i32;
export declare function watch(hart: usize): i32;
export declare function pageTableStore(hart: usize): void;
export declare function satpWritten(hart: usize): void;
export declare function tlbFlushed(hart: usize): void;
export declare function pmpWritten(hart: usize): void;
export declare function decodeWord(slot: usize, bits: u32, crossing: i32): void;
