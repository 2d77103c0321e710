/** Input that cannot be used: exit status 2, nothing on stdout, one line on stderr that says what and what to do. */
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  assemble,
  file,
  objcopy,
  overwritten,
  patched,
  programHeader,
  sectionBoundaries,
  truncated,
} from './guests.ts';
import { runJson, runSealscope, sampleImage } from './sealscope.ts';

async function refuses(args: readonly string[], message: RegExp | string): Promise<void> {
  const { status, stdout, stderr } = await runSealscope(args);
  expect(stderr).toMatch(/^sealscope: [^\n]+\n$/);
  if (typeof message === 'string') expect(stderr).toBe(`sealscope: ${message}\n`);
  else expect(stderr).toMatch(message);
  expect(stdout).toBe('');
  expect(status).toBe(2);
}

const missing = `${tmpdir()}/no-such-file`;

describe('the command line', () => {
  it.each<[string, string[], RegExp | string]>([
    ['no command', [], 'a command is missing: run, what-if, symbols, dap or demo; see sealscope --help'],
    ['an unknown command', ['fly'], "unknown command 'fly'; see sealscope --help"],
    ['no image', ['run'], "missing required argument 'image'; see sealscope --help"],
    ['an unknown option', ['run', '--hart', '2', 'x'], /unknown option '--hart' \(Did you mean --harts\?\)/],
    [
      'no harts',
      ['run', '--harts', '0', sampleImage],
      /'--harts <n>' argument '0' is invalid. The machine has 1 to 8/,
    ],
    [
      'nine harts',
      ['run', '--harts', '9', sampleImage],
      /'--harts <n>' argument '9' is invalid. The machine has 1 to 8/,
    ],
    ['harts in words', ['run', '--harts', 'two', sampleImage], /The machine has 1 to 8 harts/],
    ['memory in words', ['run', '--memory', 'lots', sampleImage], /Give a size such as 128M or 1G/],
    ['no memory', ['run', '--memory', '0', sampleImage], /memory/],
    ['memory of a page', ['run', '--memory', '4K', sampleImage], /memory/],
    ['too much memory', ['run', '--memory', '100000G', sampleImage], /memory/],
    [
      'a limit of none',
      ['run', '--max-instructions', '0', sampleImage],
      /Give a number of instructions, 1 or more/,
    ],
    [
      'an unknown action',
      ['run', '--on-sealed-write', 'pray', sampleImage],
      /Allowed choices are oops, retry/,
    ],
    [
      'an unknown translation mode',
      ['run', '--mmu', 'sv32', sampleImage],
      /Allowed choices are sv39, sv48, sv57/,
    ],
    ['an unknown ISA', ['run', '--isa', 'rv32i', sampleImage], /rv32i/],
    [
      'an engine of the future',
      ['run', '--engine', 'translator', sampleImage],
      /this version has no translator/,
    ],
    ['a port out of range', ['dap', '--port', '65536'], /Give a TCP port, 0 to 65535/],
    ['an unknown scenario', ['demo', '--scenario', 'x'], /Allowed choices are resume, resume-changed/],
  ])('%s', async (_, args, message) => refuses(args, message));
});

describe('files', () => {
  it.each<[string, string[]]>([
    ['image', ['run', missing]],
    ['symbols', ['run', '--symbols', missing, sampleImage]],
    ['initrd', ['run', '--initrd', missing, sampleImage]],
    ['firmware', ['run', '--firmware', missing, sampleImage]],
    ['device tree', ['run', '--dtb', missing, sampleImage]],
    ['input', ['run', '--input', missing, sampleImage]],
    ['console', ['run', '--console', `${missing}/console`, sampleImage]],
    ['ELF of symbols', ['symbols', missing]],
  ])('a missing %s is named', async (_, args) => refuses(args, new RegExp(missing)));

  it.each<[string, string[], string]>([
    ['device tree', ['run', '--dtb', 'README.md', sampleImage], '--dtb: README.md: not a device tree'],
    ['symbols', ['run', '--symbols', 'README.md', sampleImage], 'README.md: not an ELF file'],
    ['ELF of symbols', ['symbols', 'README.md'], 'README.md: Not an ELF file'],
  ])('a %s of another kind is named', async (_, args, message) =>
    refuses(args, new RegExp(`^sealscope: ${message}`)),
  );

  it('a directory is no image', async () => refuses(['run', tmpdir()], /directory/i));
});

describe('images', () => {
  const elfClass = 4;
  const machine = 0x12;

  it.each<[string, () => string, RegExp]>([
    ['text', () => file('text', 'Call me Ishmael.\n'.repeat(100)), /not an ELF file|neither/i],
    ['an empty file', () => file('empty', ''), /empty|not an ELF/i],
    ['x86', () => patched('x86.elf', (bytes) => bytes.setUint16(machine, 62, true)), /x86|RISC-V/],
    ['ELF32', () => patched('elf32.elf', (bytes) => bytes.setUint8(elfClass, 1)), /32-bit|64-bit/],
    ['big-endian', () => patched('big-endian.elf', (bytes) => bytes.setUint8(5, 2)), /big-endian/],
    [
      'a segment outside RAM',
      () =>
        patched('outside.elf', (bytes) =>
          bytes.setBigUint64(programHeader(bytes, 1, 'physical'), 0x1000n, true),
        ),
      /0x1000/,
    ],
    [
      'overlapping segments',
      () =>
        patched('overlapping.elf', (bytes) =>
          bytes.setBigUint64(
            programHeader(bytes, 1, 'physical'),
            bytes.getBigUint64(programHeader(bytes, 0, 'physical'), true),
            true,
          ),
        ),
      /overlap/,
    ],
    [
      'a segment that is larger in the file than in memory',
      () =>
        patched('large.elf', (bytes) => bytes.setBigUint64(programHeader(bytes, 1, 'memorySize'), 1n, true)),
      /Segment 1 .* has more bytes in the file than in memory/,
    ],
  ])('%s', async (_, image, message) => refuses(['run', image()], message));

  it('an image that RAM has no room for', async () =>
    refuses(['run', '--memory', '3M', sampleImage], /--memory|memory|RAM/));

  it.each(sectionBoundaries())('truncated after %i bytes', async (length) => {
    const image = truncated(length);
    await refuses(['run', image], /truncated|not an ELF|empty|ends/i);
    await refuses(['symbols', image], /truncated|not an ELF|empty|ends/i);
  });

  it('without symbols: nothing to list, nothing to seal by name', async () => {
    const stripped = objcopy('stripped.elf', '--strip-all');
    await refuses(['symbols', stripped], /has no symbols/);
    await refuses(['run', '--seal', 'cpu_caps', stripped], /cpu_caps.*has no symbols/);
  });

  it('a seal that names nothing', async () => {
    await refuses(
      ['run', '--seal', '.data..ro_after_int', sampleImage],
      /did you mean \.data\.\.ro_after_init/,
    );
    await refuses(['run', '--seal', 'cpu_cap', sampleImage], /did you mean cpu_caps/);
    await refuses(['symbols', '--sealed', '--seal', '0x10..0x8', sampleImage], /not behind its start/);
  });

  it('nothing in it is sealed', async () => {
    const plain = assemble('plain.elf', '.globl _start\n_start: j _start\n');
    await refuses(
      ['symbols', '--sealed', plain],
      /no section or symbols that look sealed; name what is with --seal/,
    );
  });
});

/** Never fatal: what can be read is used, and the rest is named. */
describe('malformed debug information', () => {
  it.each(['.debug_info', '.debug_abbrev', '.debug_line', '.debug_frame'])('in %s', async (section) => {
    const image = overwritten(section, 0xff);
    const run = await runJson([
      '--harts',
      '2',
      '--append',
      'scenario=resume',
      '--on-sealed-write',
      'stop',
      image,
    ]);
    const [first, ...more] = run.finished.stderr.trimEnd().split('\n');
    expect(first).toMatch(
      new RegExp(`^sealscope: malformed debug information is left out: \\${section}\\+0x`),
    );
    expect(more.length).toBeLessThanOrEqual(3);
    expect(run.sealedWrites).toMatchObject([
      { symbol: 'cpu_caps', function: 'cpu_detect_features', redundant: true },
    ]);
    expect(run.status).toBe(0);
  });

  it('in a list of symbols', async () => {
    const { status, stdout, stderr } = await runSealscope([
      'symbols',
      '--sealed',
      overwritten('.debug_info', 0xff),
    ]);
    expect(stderr).toMatch(/^sealscope: malformed debug information is left out: \.debug_info\+0x/);
    expect(stdout).toMatch(/cpu_caps +- +\.data\.\.ro_after_init/);
    expect(status).toBe(0);
  });
});
