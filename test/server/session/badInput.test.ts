/** Everything unusable is one clear error that names the file or attribute, and nothing hangs. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSession, SessionError, type SessionConfiguration } from '../../../server/session/index.ts';
import { byteSourceOf } from '../../../server/symbols/index.ts';
import { SAMPLE } from '../sealing/sample.ts';
import { code, makeElf } from './elf.ts';

const LOOP = code(0x0000006f);
const RAM = 0x8020_0000n;
const sample = new Uint8Array(readFileSync(SAMPLE));

function patched(offset: number, ...bytes: number[]): Uint8Array {
  const copy = sample.slice();
  copy.set(bytes, offset);
  return copy;
}

/** Opens a session over files that exist in memory only; answers the error. */
async function failure(
  files: Record<string, Uint8Array>,
  configuration: Partial<SessionConfiguration> = {},
): Promise<SessionError> {
  const host = {
    openFile: (path: string) => {
      const bytes = files[path];
      return bytes === undefined
        ? Promise.reject(new Error('no such file'))
        : Promise.resolve(byteSourceOf(bytes));
    },
    scheduler: { turn: () => Promise.resolve(), now: () => 0 },
  };
  try {
    (await openSession({ program: 'kernel', ...configuration }, host)).close();
  } catch (error) {
    if (error instanceof SessionError) return error;
    throw error;
  }
  throw new Error('it opened');
}

const good = { kernel: makeElf([{ address: RAM, bytes: LOOP }]) };

const cases: Record<
  string,
  [Record<string, Uint8Array>, Partial<SessionConfiguration>, SessionError['code'], RegExp]
> = {
  'a missing program': [{}, {}, 'file', /"program": cannot read kernel: no such file/],
  'a missing initrd': [good, { initrd: 'rootfs.cpio' }, 'file', /"initrd": cannot read rootfs\.cpio/],
  'a missing device tree': [good, { dtb: 'board.dtb' }, 'file', /"dtb": cannot read board\.dtb/],
  'missing firmware': [good, { firmware: 'fw.elf' }, 'file', /"firmware": cannot read fw\.elf/],
  'missing symbols': [good, { symbols: 'vmlinux' }, 'file', /"symbols": cannot read vmlinux/],
  'an empty file': [
    { kernel: new Uint8Array() },
    {},
    'image',
    /kernel: neither an ELF file nor a flat RISC-V Linux Image/,
  ],
  'a text file': [
    { kernel: new TextEncoder().encode('hello\n'.repeat(40)) },
    {},
    'image',
    /neither an ELF file nor/,
  ],
  'an x86 ELF': [
    { kernel: makeElf([{ address: RAM, bytes: LOOP }], RAM, 62) },
    {},
    'image',
    /kernel: .*(RISC-V|machine)/i,
  ],
  'an ELF32': [{ kernel: patched(4, 1) }, {}, 'image', /kernel: .*(32|64)/],
  'a big-endian ELF': [{ kernel: patched(5, 2) }, {}, 'image', /kernel: .*endian/i],
  'an ELF without segments': [{ kernel: makeElf([], RAM) }, {}, 'image', /kernel: has no segment to load/],
  'a segment below RAM': [
    { kernel: makeElf([{ address: 0x1000n, bytes: LOOP }]) },
    {},
    'image',
    /outside RAM/,
  ],
  'a segment behind RAM': [
    { kernel: makeElf([{ address: 0x8020_0000n, bytes: LOOP, memorySize: 1 << 28 }]) },
    {},
    'image',
    /outside RAM/,
  ],
  'overlapping segments': [
    {
      kernel: makeElf([
        { address: RAM, bytes: LOOP, memorySize: 64 },
        { address: RAM + 32n, bytes: LOOP },
      ]),
    },
    {},
    'image',
    /overlap/,
  ],
  'an entry point outside of the image': [
    { kernel: makeElf([{ address: RAM, bytes: LOOP }], 0x9000_0000n) },
    {},
    'image',
    /0x90000000/,
  ],
  'no hart': [good, { harts: 0 }, 'configuration', /harts is 0/],
  'nine harts': [good, { harts: 9 }, 'configuration', /harts is 9/],
  'too little memory': [good, { memory: '64K' }, 'configuration', /memory is 65536/],
  'too much memory': [good, { memory: '64G' }, 'configuration', /memory is 68719476736/],
  'memory that is no size': [good, { memory: 'plenty' }, 'configuration', /"memory" is "plenty"/],
  'an unknown ISA': [good, { isa: 'rv32i' }, 'configuration', /rv32i/],
  'a disk that is not there': [good, { disk: 'no such disk' }, 'file', /"disk": cannot read/],
  'a device tree that is none': [{ ...good, board: LOOP }, { dtb: 'board' }, 'configuration', /./],
  'a seal that names nothing': [
    { kernel: sample },
    { sealed: ['cpu_cap'] },
    'seal',
    /seal "cpu_cap": no symbol or section cpu_cap; did you mean cpu_caps/,
  ],
  'a seal by name without symbols': [
    good,
    { sealed: ['cpu_caps'] },
    'seal',
    /no symbol or section cpu_caps; the image has no symbols/,
  ],
  'symbols that are no ELF': [{ ...good, map: LOOP }, { symbols: 'map' }, 'image', /map: not an ELF file/],
};

describe('bad input', () => {
  for (const [name, [files, configuration, expectedCode, message]] of Object.entries(cases)) {
    it(`${name} is one clear error`, async () => {
      const error = await failure(files, configuration);
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain('\n');
      expect(error.code).toBe(expectedCode);
    });
  }

  it('an image that is cut off at any section boundary either opens or says what is missing', async () => {
    const view = new DataView(sample.buffer);
    const table = Number(view.getBigUint64(40, true));
    const count = view.getUint16(60, true);
    const cuts = new Set([0, 1, 16, 63, table, sample.length - 1]);
    for (let index = 1; index < count; index++)
      cuts.add(Number(view.getBigUint64(table + index * 64 + 24, true)));
    for (const cut of cuts) {
      const error = await failure({ kernel: sample.slice(0, cut) });
      expect([cut, error.code]).toEqual([cut, 'image']);
      expect(error.message).toMatch(/^kernel: /);
    }
  });

  it('can be cancelled while it opens', async () => {
    const host = {
      openFile: () => Promise.resolve(byteSourceOf(good.kernel)),
      scheduler: { turn: () => Promise.resolve(), now: () => 0 },
    };
    await expect(
      openSession({ program: 'kernel' }, host, { signal: { aborted: true } }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });
});
