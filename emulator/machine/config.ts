/** What a machine is made of. Everything is checked by `resolveConfig` before anything is built. */
import type { DiskSource } from '../devices/virtio/disk.ts';
import { MAX_HARTS, MAX_RAM_BYTES, PAGE_SIZE } from '../layout.ts';
import { ConfigurationError } from './errors.ts';
import type { GuestImage } from './image.ts';
import { DEFAULT_ISA, type Isa, parseIsa } from './isa.ts';

export type MmuMode = 'sv39' | 'sv48' | 'sv57';

export interface MachineConfig {
  /** The kernel (or, with firmware `none`, the bare-metal program). */
  readonly image: GuestImage;
  /** 1 to 8. Default 1. */
  readonly harts?: number | undefined;
  /** Bytes of RAM: 16 MiB to 3 GiB, a multiple of 4 KiB. Default 128 MiB. */
  readonly memory?: number | undefined;
  /** As in `rv64gc_zba_zbb`. Default: DEFAULT_ISA, which is all but Smepmp, Svade and Svadu. */
  readonly isa?: string | undefined;
  /** The largest mode that satp accepts. Default `sv39`. */
  readonly mmu?: MmuMode | undefined;
  /**
   * `builtin` (default): SBI in the machine; the image starts in S-mode on hart 0, the others are HSM-stopped.
   * `none`: the image starts in M-mode on every hart. An image: M-mode firmware, started on every hart at its entry
   * as QEMU's boot ROM does, with `fw_dynamic` information in a2.
   */
  readonly firmware?: 'builtin' | 'none' | GuestImage | undefined;
  readonly initrd?: Uint8Array | undefined;
  /** /chosen bootargs. */
  readonly commandLine?: string | undefined;
  /** A device tree to use in place of the generated one; memory, bootargs and initrd are patched in. */
  readonly dtb?: Uint8Array | undefined;
  /** Device tree overlays (`.dtbo`) to lay over it, in this order. */
  readonly overlays?: readonly Uint8Array[] | undefined;
  /** A virtio block device over these bytes; what the guest writes to it is kept in memory. */
  readonly disk?: DiskSource | undefined;
  /** Steps a hart runs before the next one has its turn. Default 10,000. */
  readonly quantum?: number | undefined;
  /** Physical address of the image's `tohost` symbol, if it has one (HTIF: 1 passes, other odd values fail). */
  readonly tohost?: bigint | undefined;
}

export interface ResolvedConfig {
  readonly image: GuestImage;
  readonly harts: number;
  readonly memory: number;
  readonly isa: Isa;
  readonly mmu: MmuMode;
  readonly firmware: 'builtin' | 'none' | GuestImage;
  readonly initrd: Uint8Array | undefined;
  readonly commandLine: string;
  readonly dtb: Uint8Array | undefined;
  readonly overlays: readonly Uint8Array[];
  readonly disk: DiskSource | undefined;
  readonly quantum: number;
  readonly tohost: bigint | undefined;
}

const DEFAULT_MEMORY = 128 * 1024 * 1024;
const MIN_MEMORY = 16 * 1024 * 1024;
const DEFAULT_QUANTUM = 10_000;
const MAX_QUANTUM = 1_000_000_000;
const MMU_MODES: readonly MmuMode[] = ['sv39', 'sv48', 'sv57'];

/** Fill in defaults. Throws ConfigurationError for anything that is out of range. */
export function resolveConfig(config: MachineConfig): ResolvedConfig {
  const memory = integer('memory', config.memory ?? DEFAULT_MEMORY, MIN_MEMORY, MAX_RAM_BYTES);
  if (memory % PAGE_SIZE !== 0) {
    throw new ConfigurationError(
      'memory',
      `memory is ${memory} bytes; it must be a multiple of ${PAGE_SIZE}`,
    );
  }
  const mmu = config.mmu ?? 'sv39';
  if (!MMU_MODES.includes(mmu)) {
    throw new ConfigurationError(
      'mmu',
      `mmu is '${mmu as string}'; it must be one of ${MMU_MODES.join(', ')}`,
    );
  }
  return {
    image: config.image,
    harts: integer('harts', config.harts ?? 1, 1, MAX_HARTS),
    memory,
    isa: parseIsa(config.isa ?? DEFAULT_ISA),
    mmu,
    firmware: config.firmware ?? 'builtin',
    initrd: config.initrd,
    commandLine: config.commandLine ?? '',
    dtb: config.dtb,
    overlays: config.overlays ?? [],
    disk: config.disk,
    quantum: integer('quantum', config.quantum ?? DEFAULT_QUANTUM, 1, MAX_QUANTUM),
    tohost: config.tohost,
  };
}

function integer(setting: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new ConfigurationError(
      setting,
      `${setting} is ${value}; it must be a whole number from ${low} to ${high}`,
    );
  }
  return value;
}
