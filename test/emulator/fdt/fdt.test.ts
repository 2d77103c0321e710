import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { patchedTree } from '../../../emulator/fdt/chosen.ts';
import { FdtError, readFdt } from '../../../emulator/fdt/reader.ts';
import { type FdtNode, node } from '../../../emulator/fdt/tree.ts';
import { virtTree } from '../../../emulator/fdt/virt.ts';
import { writeFdt } from '../../../emulator/fdt/writer.ts';

const MACHINE = {
  harts: 2,
  memory: 0x1000_0000,
  isa: { text: 'rv64imac_zicsr', extensions: ['i', 'm', 'a', 'c', 'zicsr'] },
  mmu: 'sv39' as const,
};
const BOOT = { commandLine: 'console=ttyS0 quiet', initrd: { start: 0x8800_0000n, end: 0x8800_1234n } };

function dtc(from: 'dtb' | 'dts', to: 'dtb' | 'dts', input: Uint8Array | string): Buffer {
  return execFileSync('dtc', ['-I', from, '-O', to, '-'], { input, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Every property as `path/name=hex`. */
function flat({ name, properties, children }: FdtNode, path = ''): string[] {
  const here = `${path}${name}/`;
  return [
    ...[...properties].map(([key, value]) => `${here}${key}=${Buffer.from(value).toString('hex')}`),
    ...children.flatMap((child) => flat(child, here)),
  ];
}

describe('the generated tree', () => {
  const blob = writeFdt(virtTree(MACHINE, BOOT));

  test('is read by dtc as we read it, without a warning', () => {
    const dts = dtc('dtb', 'dts', blob).toString();
    const again = readFdt(new Uint8Array(dtc('dts', 'dtb', dts)));
    expect(flat(again.root)).toEqual(flat(readFdt(blob).root));
    expect(dts).toContain('bootargs = "console=ttyS0 quiet"');
    const warnings = execFileSync('sh', ['-c', 'dtc -I dtb -O dts -o /dev/null - 2>&1'], { input: blob });
    expect(warnings.toString()).toBe('');
  });

  test('agrees with the tree of QEMU virt where both have a device', () => {
    const qemu = readFdt(
      execFileSync('sh', [
        '-c',
        'f=$(mktemp) && qemu-system-riscv64 -M virt,dumpdtb=$f -smp 2 -m 256M -display none 2>/dev/null && cat $f; rm $f',
      ]),
    );
    const ours = new Map(flat(readFdt(blob).root).map((line) => line.split('=') as [string, string]));
    const theirs = new Map(flat(qemu.root).map((line) => line.split('=') as [string, string]));
    for (const path of [
      '/#address-cells',
      '/#size-cells',
      '/cpus/timebase-frequency',
      '/cpus/cpu@1/device_type',
      '/cpus/cpu@1/reg',
      '/cpus/cpu@1/compatible',
      '/cpus/cpu@1/interrupt-controller/compatible',
      '/memory@80000000/reg',
      '/memory@80000000/device_type',
      '/soc/serial@10000000/compatible',
      '/soc/serial@10000000/reg',
      '/soc/serial@10000000/clock-frequency',
      '/soc/serial@10000000/interrupts',
      '/soc/plic@c000000/reg',
      '/soc/plic@c000000/riscv,ndev',
      '/soc/plic@c000000/compatible',
      '/soc/clint@2000000/reg',
      '/soc/clint@2000000/compatible',
      '/soc/test@100000/reg',
      '/soc/test@100000/compatible',
      '/soc/rtc@101000/reg',
      '/soc/rtc@101000/compatible',
      '/soc/rtc@101000/interrupts',
      '/soc/virtio_mmio@10001000/reg',
      '/soc/virtio_mmio@10001000/compatible',
      '/soc/virtio_mmio@10008000/reg',
      '/soc/virtio_mmio@10008000/interrupts',
      '/poweroff/value',
      '/poweroff/compatible',
      '/reboot/value',
      '/chosen/stdout-path',
    ]) {
      expect.soft([path, ours.get(path)]).toEqual([path, theirs.get(path)]);
    }
  });

  test('puts the harts themselves into the map of cores', () => {
    const { root } = readFdt(blob);
    const properties = new Map(flat(root).map((line) => line.split('=') as [string, string]));
    for (const id of [0, 1]) {
      expect(properties.get(`/cpus/cpu-map/cluster0/core${id}/cpu`)).toBe(
        properties.get(`/cpus/cpu@${id}/phandle`),
      );
    }
    const phandles = [...properties].filter(([path]) => path.endsWith('/phandle')).map(([, value]) => value);
    expect(new Set(phandles).size).toBe(phandles.length);
  });

  test('names the initrd and the last hart', () => {
    const lines = flat(readFdt(writeFdt(virtTree({ ...MACHINE, harts: 8 }, BOOT))).root);
    expect(lines).toContain('/chosen/linux,initrd-start=0000000088000000');
    expect(lines).toContain('/chosen/linux,initrd-end=0000000088001234');
    expect(lines).toContain('/cpus/cpu@7/interrupt-controller/phandle=00000008');
  });
});

describe("a user's tree", () => {
  const source = `/dts-v1/; /memreserve/ 0x80000000 0x1000;
    / { #address-cells = <2>; #size-cells = <2>; compatible = "acme,board";
        memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x1000>; };
        chosen { bootargs = "old"; acme,keep; }; };`;

  test('gets memory, bootargs and initrd; the rest stays', () => {
    const patched = writeFdt(patchedTree(new Uint8Array(dtc('dts', 'dtb', source)), 0x2000_0000, BOOT));
    const tree = readFdt(patched);
    expect(tree.reservations).toEqual([{ address: 0x8000_0000n, size: 0x1000n }]);
    const lines = flat(tree.root);
    expect(lines).toContain('/memory@80000000/reg=00000000800000000000000020000000');
    expect(lines.some((line) => line.includes('memory@40000000'))).toBe(false);
    expect(lines).toContain('/chosen/acme,keep=');
    expect(lines).toContain(`/chosen/bootargs=${Buffer.from('console=ttyS0 quiet\0').toString('hex')}`);
    expect(dtc('dtb', 'dts', patched).toString()).toContain('acme,board');
  });

  test('needs 64-bit cells', () => {
    const blob = dtc('dts', 'dtb', '/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; };');
    expect(() => patchedTree(new Uint8Array(blob), 1 << 24, BOOT)).toThrow(
      /#address-cells of its root is not 2/,
    );
  });
});

describe('malformed blobs are one clear error', () => {
  const good = writeFdt(virtTree(MACHINE, BOOT));
  const edit = (change: (view: DataView, bytes: Uint8Array) => void): Uint8Array => {
    const bytes = good.slice();
    change(new DataView(bytes.buffer), bytes);
    return bytes;
  };
  const structure = new DataView(good.buffer).getUint32(8);

  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /does not start with d00dfeed/],
    ['an ELF', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, ...new Uint8Array(100)), /does not start with d00dfeed/],
    ['cut off', good.subarray(0, good.length - 100), /says it has \d+ bytes, but the file has \d+/],
    ['version 3', edit((view) => view.setUint32(20, 3)), /version 3/],
    ['structure outside', edit((view) => view.setUint32(8, 0x7fff_ffff)), /structure block .* outside/],
    ['strings outside', edit((view) => view.setUint32(12, 0x7fff_ffff)), /strings block .* outside/],
    [
      'endless reservations',
      edit((view) => view.setUint32(16, good.length - 8)),
      /reservation block has no end/,
    ],
    ['no root', edit((view) => view.setUint32(structure, 9)), /does not begin with a node/],
    ['unknown token', edit((view) => view.setUint32(structure + 8, 7)), /unknown token 7/],
    ['huge property', edit((view) => view.setUint32(structure + 12, 0xffff_ffff)), /cut off/],
    [
      'name outside strings',
      edit((view) => view.setUint32(structure + 16, 0xffff_ffff)),
      /a name has no end/,
    ],
    ['too deep', deep(100), /nest more than 64 deep/],
  ])('%s', (_, blob, message) => {
    expect(() => readFdt(blob)).toThrow(FdtError);
    expect(() => readFdt(blob)).toThrow(message);
  });

  test('with random bytes changed, it is read and patched, or refused', () => {
    let state = 4711;
    const next = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % limit;
    };
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const blob = edit((_, bytes) => {
        for (let change = next(6); change >= 0; change--) {
          bytes[next(4) === 0 ? next(40) : next(bytes.length)] = next(256);
        }
      });
      try {
        expect(readFdt(writeFdt(patchedTree(blob, 1 << 24, BOOT))).root.name).toBeTypeOf('string');
      } catch (error) {
        expect(error).toBeInstanceOf(FdtError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  test('cut anywhere, it never crashes', () => {
    for (let length = 0; length < good.length; length += 3) {
      const cut = edit((view) => view.setUint32(4, Math.max(length, 40))).subarray(0, length);
      try {
        readFdt(cut);
      } catch (error) {
        expect(error).toBeInstanceOf(FdtError);
      }
    }
  });
});

function deep(levels: number): Uint8Array {
  let inner = node('x', {});
  for (let level = 0; level < levels; level++) inner = node('x', {}, [inner]);
  return writeFdt({ root: { ...inner, name: '' }, reservations: [], bootHart: 0 });
}
