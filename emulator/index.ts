/** The machine, for everybody above it. */
export { Machine, type RunOptions, type StoreOverride } from './machine/machine.ts';
export type { MachineConfig, MmuMode, ResolvedConfig } from './machine/config.ts';
export { DEFAULT_ISA } from './machine/isa.ts';
export { ConfigurationError } from './machine/errors.ts';
export { flatImage, type GuestImage, KERNEL_ADDRESS, type Placed, type Segment } from './machine/image.ts';
export { isPackedKernel, KERNEL_MAGIC_LENGTH, linuxImage, unpackKernel } from './machine/kernelFile.ts';
export type { Isa } from './machine/isa.ts';
export type { Hart, HartState, Privilege } from './machine/hart.ts';
export type * from './machine/observer.ts';
export type * from './machine/stop.ts';
export type { Snapshot } from './machine/state.ts';
export type { TlbEntry, VirtualMemory } from './machine/virtualMemory.ts';
export type { PhysicalMemory } from './machine/physicalMemory.ts';
export type { Breakpoints } from './machine/breakpoints.ts';
export type { Watches, WatchRequest } from './machine/watches.ts';
export type { InputBatch } from './devices/input.ts';
export type { DiskChange, DiskSource } from './devices/virtio/disk.ts';
export * from './memoryMap.ts';
export {
  type Leaf,
  type Mapped,
  type PagePermissions,
  permissionsOf,
  PTE_WRITE,
  type Translation,
  type TranslationMode,
  type Unmapped,
  type WalkFailure,
  type WalkStep,
} from './permissions/walk.ts';
export { type Alias, type AliasSearch, findAliases } from './permissions/aliases.ts';
export { type LeafRun, type MappingList, type PageMapping, walkMappings } from './permissions/mappings.ts';
export type { Extent, ExtentChange, Writability } from './permissions/rangeMapping.ts';
export {
  MAX_TRACKED_BYTES,
  type PageChange,
  type PermissionChange,
  PermissionTracker,
  type RegionChange,
  type RegionReport,
  type RegionState,
} from './permissions/tracker.ts';
export type { TrackedRange, TrackedRegion } from './permissions/view.ts';
export type * from './permissions/timeline/event.ts';
export { PERMISSION } from './permissions/timeline/event.ts';
export {
  type EventCounts,
  type EventQuery,
  type PermissionDifference,
  type PermissionState,
  PermissionTimeline,
} from './permissions/timeline/timeline.ts';
