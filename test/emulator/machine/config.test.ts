import { describe, expect, test } from 'vitest';
import { ConfigurationError, flatImage, Machine, type MachineConfig } from '../../../emulator/index.ts';

const CODE = Uint8Array.of(0x6f, 0, 0, 0);
const image = flatImage(CODE);
const at = (address: bigint, bytes = 4): MachineConfig['image'] => ({
  segments: [{ address, bytes: new Uint8Array(bytes), name: '.text' }],
  entry: address,
});

describe('what no machine can be made of is one clear error', () => {
  test.each<[string, Partial<MachineConfig>, string, RegExp]>([
    ['no harts', { harts: 0 }, 'harts', /^harts is 0; it must be a whole number from 1 to 8$/],
    ['nine harts', { harts: 9 }, 'harts', /harts is 9/],
    ['half a hart', { harts: 1.5 }, 'harts', /harts is 1.5/],
    ['no memory', { memory: 0 }, 'memory', /memory is 0; it must be .* from 16777216 to 3221225472/],
    ['too much memory', { memory: 2 ** 32 }, 'memory', /memory is 4294967296/],
    ['memory is not a number', { memory: NaN }, 'memory', /memory is NaN/],
    ['half a page', { memory: (16 << 20) + 2048 }, 'memory', /must be a multiple of 4096/],
    ['unknown mmu', { mmu: 'sv32' as 'sv39' }, 'mmu', /mmu is 'sv32'; it must be one of sv39, sv48, sv57/],
    ['no quantum', { quantum: 0 }, 'quantum', /quantum is 0/],
    ['RV32', { isa: 'rv32imac' }, 'isa', /isa is 'rv32imac'; it must look like/],
    [
      'vectors',
      { isa: 'rv64gcv' },
      'isa',
      /isa 'rv64gcv' asks for letter 'v', .*; it has g, i, m, a, f, d, c/,
    ],
    ['without compressed', { isa: 'rv64g' }, 'isa', /leaves out 'c'/],
    ['embedded', { isa: 'rv64ec' }, 'isa', /letter 'e'/],
    ['Zbc', { isa: 'rv64gc_zba_zbc' }, 'isa', /extension 'zbc'/],
    ['an empty image', { image: { segments: [], entry: 0n } }, 'image', /image has nothing to load/],
    [
      'below RAM',
      { image: at(0x1000n) },
      'image',
      /^image \.text \(0x1000 to 0x1004\) is outside RAM \(0x80000000 to 0x81000000\)$/,
    ],
    ['above RAM', { image: at(0x80ff_f000n, 8192) }, 'image', /is outside RAM/],
    [
      'bss above RAM',
      {
        image: {
          segments: [{ ...at(0x8020_0000n).segments[0]!, memorySize: 1n << 40n }],
          entry: 0x8020_0000n,
        },
      },
      'image',
      /is outside RAM/,
    ],
    [
      'overlapping segments',
      {
        image: {
          segments: [...at(0x8020_0000n, 100).segments, ...at(0x8020_0040n).segments],
          entry: 0x8020_0000n,
        },
      },
      'image',
      /image \.text \(0x80200040 to 0x80200044\) overlaps image \.text \(0x80200000 to 0x80200064\)/,
    ],
    [
      'entry in no segment',
      { image: { ...image, entry: 0x8030_0000n } },
      'image',
      /image starts at 0x80300000, which no segment covers/,
    ],
    [
      'firmware on the kernel',
      { firmware: at(0x8020_0000n) },
      'image',
      /image image \(.*\) overlaps firmware \.text/,
    ],
    [
      'an initrd that does not fit',
      { initrd: new Uint8Array(17 << 20) },
      'initrd',
      /initrd has 17825792 bytes .* raise memory/,
    ],
    ['a device tree that is none', { dtb: CODE }, 'dtb', /not a device tree blob/],
  ])('%s', async (_, change, setting, message) => {
    const made = Machine.create({ memory: 16 << 20, image, ...change });
    await expect(made).rejects.toThrow(ConfigurationError);
    await expect(made).rejects.toThrow(message);
    await expect(made).rejects.toMatchObject({ setting });
  });
});

test('defaults, and what was placed where', async () => {
  const machine = await Machine.create({
    image,
    initrd: new Uint8Array(5000).fill(7),
    isa: 'RV64IMAC_Zicsr',
  });
  expect(machine.config).toMatchObject({ harts: 1, memory: 128 << 20, mmu: 'sv39', firmware: 'builtin' });
  expect(machine.config.isa.text).toBe('rv64imac_zicntr_zicsr_zifencei');
  expect(machine.placed.map(({ what }) => what)).toEqual(['image image', 'dtb', 'initrd']);
  const [, dtb, initrd] = machine.placed;
  expect(dtb!.start % 0x20_0000n).toBe(0n);
  expect(machine.memory.read(dtb!.start, machine.dtb.length)).toEqual(machine.dtb);
  expect(machine.memory.read(initrd!.start, 5000)).toEqual(new Uint8Array(5000).fill(7));
});

test('the device tree lies below 3 GiB, where an early kernel can read it, however much RAM there is', async () => {
  const machine = await Machine.create({ image, memory: 2 * 2 ** 30 });
  const dtb = machine.placed.find(({ what }) => what === 'dtb');
  expect(dtb!.end).toBeLessThanOrEqual(0xc000_0000n);
});
