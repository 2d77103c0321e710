import { describe, expect, it } from 'vitest';
import {
  byteSourceOf,
  children,
  declareType,
  DwarfError,
  ElfError,
  evaluate,
  EvaluationError,
  formatValue,
  openSymbolFile,
  variableValue,
  type EvaluationContext,
  type SymbolFile,
} from '../../../server/symbols/index.ts';
import { buildProgram, VARIANTS, type Fixture } from './fixtures.ts';

/** A small generator with a seed, so that a failure can be repeated (mulberry32). */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit);
  };
}

function isExpected(problem: unknown): boolean {
  return problem instanceof DwarfError || problem instanceof ElfError || problem instanceof EvaluationError;
}

/** Asks everything there is to ask; throws what is not a typed error. */
function exercise(file: SymbolFile): void {
  const attempt = (ask: () => unknown): void => {
    try {
      ask();
    } catch (problem) {
      if (!isExpected(problem)) throw problem;
    }
  };
  const memory = {
    read: (address: bigint, length: number) => file.elf.read(address, length),
    write: () => undefined,
  };
  const context: EvaluationContext = { symbols: file, memory };
  const text = file.elf.section('.text')!;
  const cpu = { registers: { read: (register: number) => text.address + BigInt(register) * 8n }, memory };
  for (let offset = 0n; offset < BigInt(text.size); offset += 34n) {
    const pc = text.address + offset;
    attempt(() => file.lineRangeAt(pc));
    attempt(() => {
      for (const frame of file.unwind({ ...cpu, pc }, { maxFrames: 20, framePointers: true }).frames) {
        for (const variable of frame.blocks.flatMap((block) => block.variables)) {
          attempt(() => formatValue(variableValue(variable, { ...context, frame }), { maxLength: 200 }));
        }
      }
    });
    attempt(() => file.frameInfoAt(pc));
  }
  attempt(() => file.sourceFiles());
  attempt(() =>
    [...file.units()].forEach((unit) =>
      file.globalsOf(unit).forEach((variable) => declareType(variable.type)),
    ),
  );
  for (const line of [1, 40, 70, 81]) {
    attempt(() => file.breakpointLocations('main.c', line));
    attempt(() => file.breakpointLocations('shared.h', line));
  }
  for (const name of ['run', 'scaled', 'leaf', 'nosuch']) attempt(() => file.functionLocations(name));
  for (const name of ['caps', 'feature', 'opaque', 'nosuch']) {
    attempt(() => {
      const type = file.typeNamed(name, 'struct');
      if (type !== undefined) declareType(type);
    });
  }
  for (const expression of [
    'caps',
    'matrix',
    '*the_opaque',
    'late',
    "'other.c'::private_total",
    '(u64)caps.isa + LATE_ONE',
  ]) {
    attempt(() => {
      const value = evaluate(expression, context);
      formatValue(value, { maxLength: 500 });
      children(value, { count: 20 }).forEach((child) => formatValue(child.value, { maxLength: 100 }));
    });
  }
  for (const name of ['caps', 'other_total', 'origin']) {
    const address = file.symbols.addressOf(name);
    if (address !== undefined) attempt(() => file.describeData(address + 12n, 4));
  }
}

function damage(fixture: Fixture, section: string, change: (bytes: Uint8Array) => void): SymbolFile {
  const copy = new Uint8Array(fixture.bytes);
  const { offset, size } = fixture.file.elf.section(section)!;
  change(copy.subarray(offset, offset + size));
  // Every part that is left out is told of by a typed error.
  return openSymbolFile(byteSourceOf(copy), (problem) => {
    if (!isExpected(problem)) throw problem;
  });
}

const SECTIONS = ['.debug_info', '.debug_abbrev', '.debug_line', '.debug_aranges', '.debug_str', '.debug_line_str', '.debug_rnglists', '.debug_loclists', '.debug_loc', '.debug_ranges', '.debug_types', '.debug_frame', '.eh_frame', '.symtab', '.strtab']; // prettier-ignore
const ROUNDS = Number(process.env.SEALSCOPE_FUZZ_ROUNDS ?? 12);

describe.each(['O2, DWARF 5', 'O2 with DWARF 4 type units', 'O2 with .debug_frame'])(
  'debug sections, %s',
  (name) => {
    const fixture = buildProgram(VARIANTS[name]!);
    const present = SECTIONS.filter((section) => (fixture.file.elf.section(section)?.size ?? 0) > 0);

    it('answer when sound', () => {
      exercise(fixture.file);
      expect(fixture.problems).toEqual([]);
    });

    it.each(present)('%s with bytes changed at random gives sound answers or typed errors', (section) => {
      for (let seed = 0; seed < ROUNDS; seed++) {
        const random = randomNumbers(seed * 7919 + section.length);
        const file = damage(fixture, section, (bytes) => {
          for (let count = 1 + random(4); count > 0; count--) bytes[random(bytes.length)] = random(256);
        });
        exercise(file);
      }
    });

    it.each(present)('%s filled with one byte, or cut short, gives typed errors', (section) => {
      for (const fill of [0, 0xff, 0x80, 1]) exercise(damage(fixture, section, (bytes) => bytes.fill(fill)));
      for (const part of [0.3, 0.6, 0.95]) {
        exercise(damage(fixture, section, (bytes) => bytes.fill(0, Math.floor(bytes.length * part))));
      }
    });
  },
);

describe('a damaged unit', () => {
  const fixture = buildProgram(VARIANTS['O0, DWARF 5']!);

  it('does not spoil the others, and is told of once', () => {
    const problems: Error[] = [];
    const copy = new Uint8Array(fixture.bytes);
    const info = fixture.file.elf.section('.debug_info')!;
    copy[info.offset + 4] = 99; // the version of the first unit: main.c's
    const file = openSymbolFile(byteSourceOf(copy), (problem) => problems.push(problem));
    expect(file.functionAt(file.symbols.addressOf('run')!)).toBeUndefined();
    expect(file.functionAt(file.symbols.addressOf('other_work')!)?.name).toBe('other_work');
    expect(file.typeNamed('opaque', 'struct')?.size).toBe(16);
    expect(problems.map(({ message }) => message)).toEqual([
      '.debug_info+0x0: DWARF version 99 is not supported',
      expect.stringContaining('there is no unit'),
    ]);
  });
});
