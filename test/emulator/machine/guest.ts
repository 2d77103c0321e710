/** Guest programs for tests: assembled with the real assembler, loaded as real images. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GuestImage, Machine, type MachineConfig, type Segment } from '../../../emulator/index.ts';

/** Devices, SBI calls and ways to end, for every program. */
const PRELUDE = `
.option nopic
.macro sbi extension, function=0
  li a7, \\extension
  li a6, \\function
  ecall
.endm
.macro finish code
  li t5, 0x100000
  li t6, (\\code << 16) | 0x3333
  .if \\code == 0
  li t6, 0x5555
  .endif
  sw t6, 0(t5)
9: j 9b
.endm
.macro putc register
  li t5, 0x10000000
  sb \\register, 0(t5)
.endm
.equ TIME, 0x54494D45
.equ IPI, 0x735049
.equ RFENCE, 0x52464E43
.equ HSM, 0x48534D
.equ SRST, 0x53525354
.equ DBCN, 0x4442434E
.equ SUSP, 0x53555350
.section .text
.globl _start
_start:
`;

export interface Guest {
  readonly image: GuestImage;
  readonly symbols: ReadonlyMap<string, bigint>;
}

/** Assemble a program whose text begins at `address` (hexadecimal), with data behind it. */
export function assemble(source: string, address = '0x80200000'): Guest {
  const directory = mkdtempSync(join(tmpdir(), 'guest-'));
  try {
    const [input, elf] = [join(directory, 'guest.S'), join(directory, 'guest.elf')];
    writeFileSync(input, PRELUDE + source);
    const flags = ['-nostdlib', '-static', '-march=rv64imac_zicsr_zifencei', '-mabi=lp64', '-Wl,--no-relax'];
    const link = [`-Wl,-Ttext=${address}`, '-Wl,--build-id=none', '-Wl,-N', '-Wl,-no-pie'];
    execFileSync('riscv64-linux-gnu-gcc', [...flags, ...link, '-no-pie', '-o', elf, input], {
      stdio: 'pipe',
    });
    const names = execFileSync('riscv64-linux-gnu-nm', [elf]).toString().trim().split('\n');
    const symbols = names
      .map((line) => line.split(' '))
      .map(([value, , name]) => [name!, BigInt(`0x${value}`)] as const);
    return { image: readElf(elf), symbols: new Map(symbols) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Program headers of a 64-bit ELF, which is known to be sound, by physical address. */
export function readElf(path: string): GuestImage {
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer);
  const PT_LOAD = 1;
  const headers = Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = Number(view.getBigUint64(32, true)) + index * view.getUint16(54, true);
    const word = (offset: number): bigint => view.getBigUint64(at + offset, true);
    return {
      type: view.getUint32(at, true),
      offset: Number(word(8)),
      virtual: word(16),
      physical: word(24),
      fileSize: Number(word(32)),
      memorySize: word(40),
    };
  }).filter(({ type, memorySize }) => type === PT_LOAD && memorySize > 0n);
  const segments: Segment[] = headers.map(({ offset, physical, fileSize, memorySize }) => ({
    address: physical,
    bytes: bytes.subarray(offset, offset + fileSize),
    memorySize,
  }));
  const entry = view.getBigUint64(24, true);
  const home = headers.find(({ virtual, memorySize }) => virtual <= entry && entry < virtual + memorySize);
  return { segments, entry: home === undefined ? entry : entry - home.virtual + home.physical };
}

/** A machine with its console output collected. */
export interface Running {
  readonly machine: Machine;
  readonly console: () => string;
}

export async function start(image: GuestImage, config: Omit<MachineConfig, 'image'> = {}): Promise<Running> {
  const machine = await Machine.create({ memory: 16 << 20, ...config, image });
  const chunks: Uint8Array[] = [];
  machine.observe({ console: (bytes) => void chunks.push(bytes) });
  return { machine, console: () => Buffer.concat(chunks).toString() };
}
