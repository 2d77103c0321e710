/** Real programs, built by the cross compiler when the tests run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { byteSourceOf, openSymbolFile, type SymbolFile } from '../../../server/symbols/index.ts';

const directory = fileURLToPath(new URL('fixtures/', import.meta.url));
const COMPILER = 'riscv64-linux-gnu-gcc';
const BASE = [
  '-march=rv64imac_zicsr',
  '-mabi=lp64',
  '-mcmodel=medany',
  '-ffreestanding',
  '-nostdlib',
  '-static',
];
const COMMON = [
  '-fno-pie',
  '-no-pie',
  '-Wl,--build-id=none',
  '-Wl,--no-warn-rwx-segments',
  '-fno-stack-protector',
  '-msmall-data-limit=0',
];

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'sealscope-symbols-'));
  made.push(path);
  return path;
}

/** How a fixture is compiled; the names are those of the tests. */
export const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  'O0, DWARF 5': ['-O0', '-gdwarf-5'],
  'O0, DWARF 4': ['-O0', '-gdwarf-4'],
  'O2, DWARF 5': ['-O2', '-gdwarf-5'],
  'O2, DWARF 4': ['-O2', '-gdwarf-4'],
  'O1 with macros': ['-O1', '-g3'],
  'O2 with type units': ['-O2', '-gdwarf-5', '-fdebug-types-section'],
  'O2 with DWARF 4 type units': ['-O2', '-gdwarf-4', '-fdebug-types-section'],
  'O2 with .debug_frame': ['-O2', '-g', '-fno-asynchronous-unwind-tables'],
  'O1 with frame pointers': ['-O1', '-g', '-fno-omit-frame-pointer', '-fno-optimize-sibling-calls'],
  'O1, compressed': ['-O1', '-g', '-gz=zlib'],
  'O0, 64-bit DWARF': ['-O0', '-gdwarf-5', '-gdwarf64'],
};

export interface Fixture {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly file: SymbolFile;
  /** What had to be left out; sound input has none. */
  readonly problems: Error[];
}

export function openFixture(path: string, bytes: Uint8Array = readFileSync(path)): Fixture {
  const problems: Error[] = [];
  return {
    path,
    bytes,
    problems,
    file: openSymbolFile(byteSourceOf(bytes), (problem) => problems.push(problem)),
  };
}

const SAMPLE = fileURLToPath(new URL('../../../samples/resume-bug/resume-bug.elf', import.meta.url));

/** The small kernel that the repository carries. */
export const SAMPLE_NAME = 'the resume-bug sample';

/** The program of a variant, or the sample. */
export function fixtureNamed(name: string): Fixture {
  return name === SAMPLE_NAME ? openFixture(SAMPLE) : buildProgram(VARIANTS[name]!);
}

/** Builds the program of `fixtures/` and opens it. */
export function buildProgram(flags: readonly string[]): Fixture {
  const script = join(directory, 'link.ld');
  return build(['main.c', 'other.c', 'start.S'], [...flags, '-T', script]);
}

/** Builds one file of `fixtures/` as a program of its own. */
export function buildFile(source: string, flags: readonly string[]): Fixture {
  return build([source], [...flags, '-Wl,-Ttext=0x80000000']);
}

function build(sources: readonly string[], flags: readonly string[]): Fixture {
  const path = join(temporaryDirectory(), 'program.elf');
  execFileSync(COMPILER, [...BASE, ...COMMON, ...flags, ...sources, '-o', path], {
    cwd: directory,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return openFixture(path);
}
