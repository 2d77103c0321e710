import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  ConfigurationError,
  flatImage,
  isPackedKernel,
  linuxImage,
  unpackKernel,
} from '../../../emulator/index.ts';
import { assemble, start } from './guest.ts';

const OPENSBI = '/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin';
const LIMIT = 100_000_000n;

/** A kernel that greets, with the header of an EFI stub's Image: "MZ" is c.li s4, -13. */
const KERNEL = assemble(`
    .option rvc
    c.li s4, -13
    j begin
    .balign 8
    .dword 0x200000
    .dword 0x400000
    .dword 0, 2, 0, 0
    .ascii "RSC\\x05"
    .word 0
  begin:
    mv s0, a0
    la s1, text
  1: lbu a0, 0(s1); beqz a0, 2f; sbi 1; addi s1, s1, 1; j 1b
  2: addi a0, s0, '0'; sbi 1
    li a0, 0; li a1, 0; sbi SRST
  text: .asciz "kernel on hart "`).image.segments[0]!.bytes;

/** Linux' EFI program that unpacks itself. */
function zboot(payload: Uint8Array, compression: string): Uint8Array {
  const file = Buffer.alloc(4096 + payload.length);
  file.write('MZ\0\0zimg', 'latin1');
  file.writeUInt32LE(4096, 8);
  file.writeUInt32LE(payload.length, 12);
  file.write(compression, 24, 'latin1');
  file.set(payload, 4096);
  return file;
}

const packed = Uint8Array.from(gzipSync(KERNEL));

test('an Image goes where its header says, with room for its bss', () => {
  expect(linuxImage(KERNEL)).toEqual({
    entry: 0x8020_0000n,
    segments: [{ address: 0x8020_0000n, bytes: KERNEL, memorySize: 0x40_0000n, name: 'Image' }],
  });
});

test.each<[string, Uint8Array]>([
  ['gzip', packed],
  ['an EFI program', zboot(packed, 'gzip')],
])('%s is unpacked', (_, file) => {
  expect(isPackedKernel(file.subarray(0, 64))).toBe(true);
  expect(unpackKernel(file)).toEqual(Uint8Array.from(KERNEL));
});

test.each<[string, Uint8Array]>([
  ['an Image', KERNEL],
  ['an ELF file', Buffer.from('\x7fELF\x02\x01\x01')],
  ['nothing', new Uint8Array(0)],
])('%s is not packed', (_, file) => {
  expect(isPackedKernel(file.subarray(0, 64))).toBe(false);
});

describe('what is no kernel is one clear error', () => {
  const damaged = packed.slice();
  damaged.fill(0xff, 20, 60);
  const other = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(KERNEL);
    change(bytes);
    return bytes;
  };
  test.each<[string, () => unknown, RegExp]>([
    ['cut off', () => unpackKernel(packed.subarray(0, packed.length - 20)), /damaged gzip file/],
    ['damaged', () => unpackKernel(damaged), /damaged gzip file/],
    ['a gzip header alone', () => unpackKernel(Uint8Array.of(0x1f, 0x8b, 8)), /damaged gzip file/],
    [
      'a file that grows without end',
      () => unpackKernel(gzipSync(Buffer.alloc(64 << 20)), 1 << 20),
      /more than 1048576 bytes when unpacked/,
    ],
    ['packed by zstd', () => unpackKernel(zboot(packed, 'zstd')), /packed by zstd, of which only gzip/],
    ['a payload outside the file', () => unpackKernel(zboot(packed, 'gzip').subarray(0, 4100)), /cut off/],
    ['an empty file', () => linuxImage(new Uint8Array(0)), /neither an ELF file nor a flat RISC-V/],
    ['for arm64', () => linuxImage(other((bytes) => bytes.write('ARM\x64', 56, 'latin1'))), /arm64/],
    ['big-endian', () => linuxImage(other((bytes) => bytes.writeUInt8(1, 24))), /big-endian/],
  ])('%s', (_, read, message) => {
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(message);
  });
});

test('random files are read, or refused by one clear error', () => {
  let state = 99;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % limit;
  };
  const files = [packed, zboot(packed, 'gzip'), KERNEL];
  for (let round = 0; round < 300; round++) {
    const file = Uint8Array.from(files[round % 3]!);
    for (let change = next(4); change >= 0; change--) file[next(Math.min(file.length, 256))] = next(256);
    const cut = next(3) === 0 ? file.subarray(0, next(file.length)) : file;
    try {
      linuxImage(isPackedKernel(cut) ? unpackKernel(cut, 1 << 20) : cut);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
    }
  }
});

describe('a packed Image boots', () => {
  const image = linuxImage(unpackKernel(packed));

  test('on built-in firmware', async () => {
    const { machine, console } = await start(image);
    expect(machine.run(LIMIT)).toEqual({ kind: 'exit', reason: 'poweroff', status: 0 });
    expect(console()).toBe('kernel on hart 0');
  });

  test("on Debian's OpenSBI", async () => {
    const firmware = flatImage(new Uint8Array(readFileSync(OPENSBI)), 0x8000_0000n, 'firmware');
    const { machine, console } = await start(image, { firmware, harts: 2, memory: 64 << 20 });
    expect(machine.run(LIMIT)).toMatchObject({ kind: 'exit' });
    expect(console()).toMatch(/OpenSBI v\d/);
    expect(console()).toMatch(/Domain0 Next Address *: 0x0*80200000\r?\n/);
    expect(console()).toMatch(/kernel on hart 0$/);
  });

  test.each([16, 3072])('with %i MB of RAM', async (megabytes) => {
    const { machine, console } = await start(image, {
      memory: megabytes * 2 ** 20,
      initrd: new Uint8Array(4096),
    });
    expect(machine.run(LIMIT)).toMatchObject({ reason: 'poweroff' });
    expect(console()).toBe('kernel on hart 0');
  });
});
