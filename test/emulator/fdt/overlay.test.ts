/** Overlays, held to `fdtoverlay`; and what the generated tree offers them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { addLabels } from '../../../emulator/fdt/labels.ts';
import { applyOverlay } from '../../../emulator/fdt/overlay.ts';
import { FdtError, readFdt } from '../../../emulator/fdt/reader.ts';
import type { FdtNode } from '../../../emulator/fdt/tree.ts';
import { virtTree } from '../../../emulator/fdt/virt.ts';
import { writeFdt } from '../../../emulator/fdt/writer.ts';
import { ConfigurationError, flatImage, Machine } from '../../../emulator/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealscope-overlay-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** `dtc -@`: with labels, and marked as an overlay where the source says so. */
function compiled(source: string): Uint8Array {
  return execFileSync('dtc', ['-@', '-I', 'dts', '-O', 'dtb', '-'], { input: source, stdio: 'pipe' });
}

function overlaid(base: Uint8Array, ...overlays: Uint8Array[]): Uint8Array {
  const files = overlays.map((overlay, index) => {
    const file = join(directory, `${index}.dtbo`);
    writeFileSync(file, overlay);
    return file;
  });
  const [input, output] = [join(directory, 'base.dtb'), join(directory, 'out.dtb')];
  writeFileSync(input, base);
  execFileSync('fdtoverlay', ['-i', input, '-o', output, ...files], { stdio: 'pipe' });
  return readFileSync(output);
}

/**
 * Every property as `path/name=cells`, in an order that does not depend on who wrote the tree. phandles are numbered
 * by the paths of their nodes: fdtoverlay moves them again whenever it needs more room.
 */
function flat(root: FdtNode): string[] {
  const ranks = new Map([...pathsOf(root)].sort().map(([, phandle], rank) => [phandle, `&${rank}`] as const));
  const cells = (value: Uint8Array): string =>
    (
      Buffer.from(value)
        .toString('hex')
        .match(/.{1,8}/g) ?? []
    )
      .map((cell) => ranks.get(cell) ?? cell)
      .join(' ');
  const lines = ({ name, properties, children }: FdtNode, path: string): string[] => {
    const here = `${path}${name}/`;
    return [
      here,
      ...[...properties].map(([key, value]) => `${here}${key}=${cells(value)}`),
      ...children.flatMap((child) => lines(child, here)),
    ];
  };
  return lines(root, '').sort();
}

function* pathsOf({ name, properties, children }: FdtNode, path = ''): Generator<[string, string]> {
  const here = `${path}${name}/`;
  const phandle = properties.get('phandle');
  if (phandle !== undefined) yield [here, Buffer.from(phandle).toString('hex')];
  for (const child of children) yield* pathsOf(child, here);
}

const BASE = compiled(`/dts-v1/;
  / { #address-cells = <2>; #size-cells = <2>;
      bus: bus { ic: controller@1000 { interrupt-controller; }; dev: device@2000 { status = "okay"; ic = <&ic>; }; };
      other { }; };`);

const OVERLAYS: Record<string, string> = {
  'changes and adds properties of a label': '&dev { status = "disabled"; new = "text", "list"; empty; };',
  'adds nodes that refer to the tree': '&bus { timer: timer@3000 { parent = <&ic 0x1007 &dev>; }; };',
  'adds nodes that refer to each other': `&bus { a: a@1 { to = <&b 0x1001 &a>; }; b: b@2 { to = <&a>; sub: sub { up = <&b>; }; }; };`,
  'targets a path': '&{/other} { inner { deep { value = <0x1001 0x1002 0x1003>; }; }; };',
  'has several fragments': '&dev { x = <0x1001>; }; &ic { y = <&dev>; }; &{/bus} { z; };',
};

describe('an overlay', () => {
  test.each(Object.entries(OVERLAYS))('%s', (_, source) => {
    const overlay = compiled(`/dts-v1/; /plugin/; ${source}`);
    const { root } = readFdt(BASE);
    applyOverlay(root, readFdt(overlay).root);
    expect(flat(root)).toEqual(flat(readFdt(overlaid(BASE, overlay)).root));
  });

  test('is a tree like any other for the next one', () => {
    const first = compiled('/dts-v1/; /plugin/; &bus { extra: extra@9 { ic = <&ic>; }; };');
    const second = compiled('/dts-v1/; /plugin/; &extra { more; back = <&extra>; };');
    const { root } = readFdt(BASE);
    for (const overlay of [first, second]) applyOverlay(root, readFdt(overlay).root);
    expect(flat(root)).toEqual(flat(readFdt(overlaid(BASE, first, second)).root));
  });

  test.each<[string, string, RegExp]>([
    ['an unknown label', '&nothing { x; };', /no label 'nothing'/],
    ['an unknown path', '&{/bus/nothing} { x; };', /no node 'nothing' in 'bus'/],
  ])('%s is one clear error', (_, source, message) => {
    const overlay = readFdt(compiled(`/dts-v1/; /plugin/; ${source}`)).root;
    expect(() => applyOverlay(readFdt(BASE).root, overlay)).toThrow(FdtError);
    expect(() => applyOverlay(readFdt(BASE).root, overlay)).toThrow(message);
  });

  test('with random bytes changed, it is applied or refused', () => {
    let state = 815;
    const next = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % limit;
    };
    const good = compiled(`/dts-v1/; /plugin/; ${Object.values(OVERLAYS).join('\n')}`);
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const bytes = Uint8Array.from(good);
      for (let change = next(6); change >= 0; change--) bytes[40 + next(bytes.length - 40)] = next(256);
      try {
        applyOverlay(readFdt(BASE).root, readFdt(bytes).root);
      } catch (error) {
        expect(error).toBeInstanceOf(FdtError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });
});

describe('the generated tree under overlays', () => {
  const image = flatImage(Uint8Array.of(0x6f, 0, 0, 0), 0x8020_0000n);
  const overlay = (source: string): Uint8Array => compiled(`/dts-v1/; /plugin/; ${source}`);

  test('has the labels that people know, as fdtoverlay takes them', () => {
    const tree = virtTree(
      { harts: 2, memory: 1 << 27, isa: { text: 'rv64i', extensions: ['i'] }, mmu: 'sv39' },
      { commandLine: '' },
    );
    addLabels(tree.root);
    const labels = [
      'uart0',
      'plic',
      'clint',
      'rtc',
      'test',
      'virtio0',
      'virtio7',
      'cpu0',
      'cpu1',
      'cpu1_intc',
    ];
    const all = overlay(labels.map((label) => `&${label} { seen = <&plic>; };`).join('\n'));
    const [theirs, ours] = [readFdt(overlaid(writeFdt(tree), all)).root, tree.root];
    applyOverlay(ours, readFdt(all).root);
    expect(flat(ours)).toEqual(flat(theirs));
  });

  test('reaches the guest with them, in their order', async () => {
    const overlays = [overlay('&uart0 { status = "disabled"; };'), overlay('&uart0 { status = "okay"; };')];
    const { dtb } = await Machine.create({ image, overlays });
    expect(flat(readFdt(dtb).root)).toContain(
      `/soc/serial@10000000/status=${Buffer.from('okay').toString('hex')} 00`,
    );
    const plain = await Machine.create({ image });
    expect(flat(readFdt(plain.dtb).root).filter((line) => line.includes('__symbols__'))).toEqual([]);
  });

  test('names the overlay that cannot be applied', async () => {
    const broken = Machine.create({ image, overlays: [overlay('&uart0 { x; };'), overlay('&nix { x; };')] });
    await expect(broken).rejects.toThrow(ConfigurationError);
    await expect(broken).rejects.toMatchObject({ setting: 'overlays[1]' });
  });
});
