/** What a boot loader tells a kernel through the device tree. */
import { RAM_PHYSICAL } from '../layout.ts';
import { FdtError, readFdt } from './reader.ts';
import { childOf, encode, type FdtNode, type FdtTree, pair } from './tree.ts';

export interface BootSettings {
  /** Empty leaves /chosen/bootargs as it is. */
  readonly commandLine: string;
  /** Guest-physical range of the initial RAM disk. */
  readonly initrd?: { readonly start: bigint; readonly end: bigint } | undefined;
}

export function applyBootSettings(root: FdtNode, { commandLine, initrd }: BootSettings): void {
  const chosen = childOf(root, 'chosen').properties;
  if (commandLine !== '') chosen.set('bootargs', encode(commandLine));
  if (initrd !== undefined) {
    chosen.set('linux,initrd-start', encode(pair(initrd.start)));
    chosen.set('linux,initrd-end', encode(pair(initrd.end)));
  }
}

/**
 * A device tree of the user's with this machine's memory and boot settings in it. Throws FdtError when it is
 * malformed or cannot describe RAM at 0x80000000 (addresses and sizes of two cells each).
 */
export function patchedTree(blob: Uint8Array, memory: number, boot: BootSettings): FdtTree {
  const tree = readFdt(blob);
  const { root } = tree;
  for (const key of ['#address-cells', '#size-cells']) {
    const value = root.properties.get(key);
    if (value === undefined || value.join() !== encode(2).join()) {
      throw new FdtError(
        `device tree blob: ${key} of its root is not 2, which RAM of a 64-bit machine needs`,
      );
    }
  }
  for (const child of root.children.filter(({ name }) => name === 'memory' || name.startsWith('memory@'))) {
    root.children.splice(root.children.indexOf(child), 1);
  }
  const ram = childOf(root, `memory@${RAM_PHYSICAL.toString(16)}`).properties;
  ram.set('device_type', encode('memory'));
  ram.set('reg', encode([...pair(BigInt(RAM_PHYSICAL)), ...pair(BigInt(memory))]));
  applyBootSettings(root, boot);
  return tree;
}
