/** What is in RAM and in the harts when the machine starts (DESIGN: "Boot"; QEMU's boot ROM for `virt`). */
import { type BootSettings, patchedTree } from '../fdt/chosen.ts';
import { addLabels } from '../fdt/labels.ts';
import { applyOverlay } from '../fdt/overlay.ts';
import { FdtError, readFdt } from '../fdt/reader.ts';
import type { FdtTree } from '../fdt/tree.ts';
import { virtTree } from '../fdt/virt.ts';
import { writeFdt } from '../fdt/writer.ts';
import { enterSupervisor } from '../firmware/supervisor.ts';
import { RAM, RAM_PHYSICAL } from '../layout.ts';
import type { ResolvedConfig } from './config.ts';
import { ConfigurationError } from './errors.ts';
import type { Hart } from './hart.ts';
import { type GuestImage, type Placed, RamPlan } from './image.ts';
import type { EngineMemory } from './memory.ts';

/** Everything that lies in RAM at the start. */
export interface BootLayout {
  readonly placed: readonly Placed[];
  readonly dtb: Uint8Array;
  readonly dtbAddress: bigint;
  /** Of the `fw_dynamic` information; undefined without external firmware. */
  readonly dynamicInfo: bigint | undefined;
  /** Bytes to write, in order. */
  readonly pieces: readonly { readonly address: bigint; readonly bytes: Uint8Array }[];
}

const DTB_ALIGNMENT = 1n << 21n;
const PAGE = 4096n;
const A0 = 10;

/** Throws ConfigurationError for whatever does not fit. */
export function planBoot(config: ResolvedConfig): BootLayout {
  const { image, firmware, initrd, memory } = config;
  const plan = new RamPlan(memory);
  const pieces: { address: bigint; bytes: Uint8Array }[] = [];
  const external = typeof firmware === 'string' ? undefined : firmware;
  if (external !== undefined) {
    plan.placeImage('firmware', external);
    pieces.push(...external.segments);
  }
  plan.placeImage('image', image);
  pieces.push(...image.segments);

  // The tree's size does not depend on where things lie, so it is placed before it is final.
  const size = deviceTree(config, 0n).length;
  const dtbAddress = plan.placeHigh('dtb', size, DTB_ALIGNMENT);
  const initrdAddress = initrd === undefined ? 0n : plan.placeHigh('initrd', initrd.length, PAGE);
  const dtb = deviceTree(config, initrdAddress);
  pieces.push({ address: dtbAddress, bytes: dtb });
  if (initrd !== undefined) pieces.push({ address: initrdAddress, bytes: initrd });

  let dynamicInfo: bigint | undefined;
  if (external !== undefined) {
    const info = dynamicInformation(image);
    dynamicInfo = plan.placeHigh('firmware information', info.length, PAGE);
    pieces.push({ address: dynamicInfo, bytes: info });
  }
  return { placed: plan.placed, dtb, dtbAddress, dynamicInfo, pieces };
}

/** RAM is zero before. */
export function fillRam(memory: EngineMemory, layout: BootLayout): void {
  for (const { address, bytes } of layout.pieces) {
    memory.bytes.set(bytes, RAM + Number(address - BigInt(RAM_PHYSICAL)));
  }
}

/** Harts come fresh from power-on: in M-mode and stopped. */
export function startHarts(harts: readonly Hart[], config: ResolvedConfig, layout: BootLayout): void {
  const { firmware, image } = config;
  if (firmware === 'builtin') {
    enterSupervisor(harts[0]!, image.entry, layout.dtbAddress);
    return;
  }
  const entry = firmware === 'none' ? image.entry : firmware.entry;
  for (const hart of harts) {
    hart.setRegister(A0, BigInt(hart.id));
    hart.setRegister(A0 + 1, layout.dtbAddress);
    hart.setRegister(A0 + 2, layout.dynamicInfo ?? 0n);
    hart.pc = entry;
    hart.state = 'running';
  }
}

function deviceTree(config: ResolvedConfig, initrdAddress: bigint): Uint8Array {
  const { initrd, commandLine } = config;
  const range =
    initrd === undefined ? undefined : { start: initrdAddress, end: initrdAddress + BigInt(initrd.length) };
  const boot = { commandLine, initrd: range };
  const tree = inSetting('dtb', () => baseTree(config, boot));
  config.overlays.forEach((overlay, index) =>
    inSetting(`overlays[${index}]`, () => applyOverlay(tree.root, readFdt(overlay).root)),
  );
  return writeFdt(tree);
}

function baseTree(config: ResolvedConfig, boot: BootSettings): FdtTree {
  if (config.dtb !== undefined) return patchedTree(config.dtb, config.memory, boot);
  const tree = virtTree(config, boot);
  if (config.overlays.length > 0) addLabels(tree.root);
  return tree;
}

/** A malformed blob is the fault of the setting that it comes from. */
function inSetting<Result>(setting: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (error instanceof FdtError) throw new ConfigurationError(setting, error.message);
    throw error;
  }
}

/** OpenSBI's `struct fw_dynamic_info`, as QEMU's boot ROM passes it in a2. */
function dynamicInformation(image: GuestImage): Uint8Array {
  const MAGIC = 0x4942_534fn;
  const VERSION = 2n;
  const SUPERVISOR = 1n;
  const OPTIONS = 0n;
  const BOOT_HART = 0n;
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  [MAGIC, VERSION, image.entry, SUPERVISOR, OPTIONS, BOOT_HART].forEach((value, index) => {
    view.setBigUint64(index * 8, value, true);
  });
  return bytes;
}
