import { describe, expect, it } from 'vitest';
import {
  children,
  childCounts,
  evaluate,
  EvaluationError,
  formatValue,
  parseInto,
  strip,
  typeName,
  type EvaluationContext,
  type Memory,
} from '../../../server/symbols/index.ts';
import { buildProgram, VARIANTS, type Fixture } from './fixtures.ts';
import { askGdb, spelled, type Question } from './gdb.ts';

/** The program's initial memory, writable. */
function memoryOf(fixture: Fixture): Memory {
  const written = new Map<bigint, number>();
  return {
    read(address, length) {
      const bytes = fixture.file.elf.read(address, length)?.slice();
      bytes?.forEach((_, index) => (bytes[index] = written.get(address + BigInt(index)) ?? bytes[index]!));
      return bytes;
    },
    write(address, bytes) {
      bytes.forEach((byte, index) => written.set(address + BigInt(index), byte));
    },
  };
}

function contextOf(fixture: Fixture): EvaluationContext {
  return { symbols: fixture.file, memory: memoryOf(fixture) };
}

/** Expressions on initial data. Numbers are compared with gdb's, in value and type. */
const NUMBERS = [
  'caps.isa', 'caps.word', 'caps.byte[2]', 'caps.low + caps.high', 'caps.features[0].asks', 'caps.features[0].width',
  'caps.features[0].level', 'caps.features[0].wide', 'caps.features[0].on', 'caps.features[1].level - 1', 'caps.inner.depth',
  'caps.inner.corners[1][0].y', 'caps.color', 'caps.flags', 'caps.sign', '(int)caps.color', 'caps.raw[3]', '*caps.label',
  'caps.text[1]', 'matrix[1][2]', '*matrix[1]', '**matrix', '*(*matrix + 1)', '*pointer_to_total', 'points[0]->y', 'points[0]->x',
  'points[0][0].x', '&caps.features[2] - caps.features', '(long)&caps.features[1].bits - (long)&caps', '&matrix[1][0] - &matrix[0][0]',
  'message[0]', 'sizeof(caps)', 'sizeof caps.features', 'sizeof(struct caps)', 'sizeof(u64[4])', 'sizeof(int (*)(void))', 'sizeof(unsigned long long)',
  'shorts[12]', 'yes', 'minus', 'minus + 1', 'letter', 'letter + 1', 'negative', 'negative / 7', 'negative % 7', 'negative >> 3', '-negative',
  '~negative', '!negative', '!0', '1 + 2 * 3', '(1 + 2) * 3', '7 / 2', '-7 / 2', '-7 % 3', '7u - 8', '7 - 8', '1 << 4', '255 >> 4', '-1 >> 1',
  '0xffffffff', '0xffffffff + 1', '4294967295', '2147483648', '0x7fffffff', '017', "'a'", "'\\n'", "'\\x41'", '10 > 3', '3 > 10', '-1 < 1u', '-1L < 1u',
  '1 ? 2 : 3', '0 ? 2 : 3', '1 && 0', '1 || 0', '0 || 0', '5 & 6 | 8', '5 ^ 1', '1 == 1', '1 != 1', '3 <= 3', '2 >= 3', '1, 2',
  '(unsigned char)300', '(signed char)200', '(short)70000', '(u8)-1', '(u64)-1', '(s64)-1', '(bool)12', '(unsigned)-1 > 0', '(long)2.9', '(int)-2.9',
  '(enum color)5', 'RED', 'BLUE', 'BLUE + 1', 'LATE_TWO', 'late', 'late == LATE_TWO', 'the_opaque->secret', 'the_opaque->again->again->secret',
  '*(int *)the_opaque', '((struct point *)&caps.inner.corners[1])->x', '*&other_total', '(char)letter', '((u8 *)&caps.word)[1]', 'caps.counter',
  '(*grid)[1][1]', 'grid[0][0][2]', '*(u32 *)((char *)&caps + 8)', 'table[0] == run', 'caps.link.next == &caps.link', '(long)caps.ops.allocate',
  "'other.c'::private_total", "'main.c'::private_total", '*(unsigned short *)&shorts[0]', '&points[1] > &points[0]', 'fixed == 0x80000040',
]; // prettier-ignore

const FLOATS = [
  'third',
  'third * 3',
  'quarter',
  'caps.ratio',
  'caps.small',
  'caps.ratio + 1',
  '1.5 + 2',
  '(float)third',
  '-quarter',
  '(double)7 / 2',
  'negative / 2.0',
  'quarter < third',
  '1e3',
];

const TYPES = ['caps', 'caps.inner', 'caps.inner.corners', 'caps.ops', 'caps.ops.handle', 'caps.ops.allocate', 'caps.label', 'caps.hidden', 'fixed', 'table', 'chooser', 'row', 'grid', 'callback', 'message', 'matrix', 'points', 'caps.link', '&caps', '&matrix', '&table', 'caps.features', 'caps.tail', 'wide', 'caps.counter', '&caps.features[1]', '*points', 'greeting', 'run', '&run', 'other_work', 'late', 'yes', 'caps.raw + 1']; // prettier-ignore

describe.each(['O0, DWARF 5', 'O2, DWARF 4', 'O1, compressed'])('expressions, %s', (name) => {
  const fixture = buildProgram(VARIANTS[name]!);
  const context = contextOf(fixture);
  const ask = (questions: Question[]): unknown[] => askGdb(fixture.path, questions);

  it('have the values that gdb finds', () => {
    const answers = ask(NUMBERS.map((of) => ({ ask: 'value', of, number: true })));
    const theirs = answers.map((answer) => (typeof answer === 'string' ? answer : NONE));
    const ours = NUMBERS.map((text) => numberOr(NONE, () => evaluate(text, context).toBigInt().toString()));
    expect(labelled(ours)).toEqual(labelled(theirs));
    // Only what the optimiser took away has no value.
    expect(labelled(ours).filter((line) => line.endsWith(NONE) && !line.includes('private_total'))).toEqual(
      [],
    );
  });

  it('have the types that gdb finds', () => {
    const all = [...NUMBERS, ...TYPES].filter((text) => !text.startsWith('sizeof'));
    const answers = ask(all.map((of) => ({ ask: 'value', of }))) as { type?: string; error?: string }[];
    const ours = all.map((text) => `${text}: ${spelled(typeName(evaluate(text, context).type))}`);
    expect(ours).toEqual(
      all.map((text, index) => `${text}: ${spelled(answers[index]!.type ?? answers[index]!.error!)}`),
    );
  });

  it('work on floating-point numbers', () => {
    const answers = ask(FLOATS.map((of) => ({ ask: 'value', of }))) as { text: string }[];
    FLOATS.forEach((text, index) => {
      const value = evaluate(text, context);
      const plain = strip(value.type);
      const theirs = Number(answers[index]!.text);
      // gdb prints a float with the nine digits that identify it.
      expect(value.toNumber(), text).toBeCloseTo(theirs, plain.size === 4 ? 7 : 15);
    });
  });
});

const NONE = 'no value';

function numberOr(otherwise: string, read: () => string): string {
  try {
    return read();
  } catch (problem) {
    if (problem instanceof EvaluationError) return otherwise;
    throw problem;
  }
}

const labelled = (values: readonly string[]): string[] =>
  NUMBERS.map((text, index) => `${text} = ${values[index]!}`);

describe('errors of expressions', () => {
  const fixture = buildProgram(VARIANTS['O0, DWARF 5']!);
  const context = contextOf(fixture);

  it.each([
    ['', 1, 'a value is expected'],
    ['1 +', 4, 'a value is expected'],
    ['nosuch + 1', 1, 'there is no "nosuch"'],
    ['1 + nosuch', 5, 'there is no "nosuch"'],
    ['caps.nosuch', 6, 'has no member "nosuch"'],
    ['caps.isa.x', 10, 'has no members'],
    ['caps->isa->x', 7, '-> needs a pointer'],
    ['matrix[1', 9, '"]" is expected'],
    ['(1 + 2', 7, '")" is expected'],
    ['1 2', 3, '"2" is not expected'],
    ['*caps', 1, 'no pointer'],
    ['*(void *)0', 1, 'void *'],
    ['&1', 1, 'no address'],
    ['&caps.features[0].width', 1, 'bit field'],
    ['1 = 2', 3, 'cannot be assigned'],
    ['caps + 1', 6, 'not a number'],
    ['1 / 0', 3, 'division by zero'],
    ['1 % 0', 3, 'division by zero'],
    ['1 << 40', 3, 'shift by 40'],
    ['(struct nosuch *)0', 2, 'no type "struct nosuch"'],
    ['sizeof(struct nosuch)', 8, 'no type'],
    ['run(3)', 4, 'cannot be called'],
    ['caps.isa++', 9, 'not supported'],
    ['0x', 1, 'not a number'],
    ['09', 1, 'not a number'],
    ['99999999999999999999', 1, '64 bits'],
    ["'ab'", 1, 'one character'],
    ['"abc', 1, 'closing'],
    ['1 # 2', 3, '"#"'],
    ['$nosuch', 1, 'no register'],
    ['struct caps', 1, 'type alone'],
    ['$a0', 1, 'no register'],
    ['1 ? 2', 6, '":" is expected'],
    ['shorts[1] @ 0', 11, 'elements'],
    ['points[1]->x', 12, 'cannot read memory at 0x0'],
  ])('%s is one error at column %i', check);

  it.each([['('], ['- '], ['1 ? '], ['a = '], ['(int *(*'], ['sizeof ']])(
    '%s, very often, is nested too deeply',
    (piece) => check(piece.repeat(100_000), undefined, 'too deeply'),
  );

  function check(text: string, column: number | undefined, message: string): void {
    let problem: unknown;
    try {
      evaluate(text, context).toBigInt();
    } catch (thrown) {
      problem = thrown;
    }
    expect(problem).toBeInstanceOf(EvaluationError);
    const { message: text_, column: at } = problem as EvaluationError;
    expect(text_).toContain(message);
    if (column !== undefined && at !== undefined) expect(at).toBe(column);
  }
});

describe('text of values', () => {
  const fixture = buildProgram(VARIANTS['O0, DWARF 5']!);
  const context = contextOf(fixture);

  it.each([
    ['letter', `113 'q'`],
    ['minus', `-2 '\\376'`],
    ['yes', 'true'],
    ['caps.color', 'GREEN'],
    ['caps.flags', 'FLAG_A | FLAG_C'],
    ['caps.sign', 'MINUS'],
    ['(enum color)77', '77'],
    ['message', '"seal\\n\\"quoted\\""'],
    ['caps.text', '"text"'],
    ['caps.raw', '{1, 2, 3, 255}'],
    ['shorts', '{7 <repeats 12 times>, 1, 2, 0, 0}'],
    ['matrix', '{{1, 2, 3}, {4, 5, 6}}'],
    ['matrix[0]@2', '{{1, 2, 3}, {4, 5, 6}}'],
    ['origin', '{x = 3, y = -4}'],
    ['caps.link.next == &caps.link', '1'],
    ['quarter', '0.25'],
    ['*points[0]', '{x = 3, y = -4}'],
    [
      'caps.features[0]',
      /^\{name = 0x[0-9a-f]+ "isa", bits = 1, word = 0, asks = 1, width = 100, level = -3, wide = 78187493520, on = true\}$/,
    ],
    ['greeting', /^0x[0-9a-f]+ "hello"$/],
    ['pointer_to_total', /^0x[0-9a-f]+ <private_total>$/],
    ['(char *)&matrix + 9', /^0x[0-9a-f]+ <matrix\+9>/],
    ['callback', '0x0'],
    ['run', /^\{int \(int\)\} 0x[0-9a-f]+ <run>$/],
    ['*caps.hidden', /cannot read memory at 0x0/],
    ['points[1]', '0x0'],
  ])('%s', (text, expected) => {
    const shown = formatValue(evaluate(text, context));
    if (typeof expected === 'string') expect(shown).toBe(expected);
    else expect(shown).toMatch(expected);
  });

  it('is hexadecimal on request', () => {
    const hex = (text: string): string => formatValue(evaluate(text, context), { hex: true });
    expect(hex('negative')).toBe('0xfffffffed5fa0e00');
    expect(hex('caps.features[0].level')).toBe('0xd');
    expect(hex('origin')).toBe('{x = 0x3, y = 0xfffffffc}');
  });

  it('is cut to a length', () => {
    const text = formatValue(evaluate('caps', context), { maxLength: 80 });
    expect(text).toContain('…');
    expect(text.length).toBeLessThan(200);
  });
});

describe('children', () => {
  const fixture = buildProgram(VARIANTS['O0, DWARF 5']!);
  const context = contextOf(fixture);
  const names = (text: string): (string | undefined)[] =>
    children(evaluate(text, context)).map((child) => child.evaluateName);

  it('are members, elements, or what a pointer points to', () => {
    expect(names('origin')).toEqual(['origin.x', 'origin.y']);
    expect(names('points[0]')).toEqual(['points[0]->x', 'points[0]->y']);
    expect(names('&origin')).toEqual(['origin.x', 'origin.y']);
    expect(names('matrix')).toEqual(['matrix[0]', 'matrix[1]']);
    expect(names('pointer_to_total')).toEqual(['*pointer_to_total']);
    expect(names('callback')).toEqual([]);
    expect(names('points[1]')).toEqual([]);
    expect(names('caps.isa')).toEqual([]);
  });

  it('come in pages', () => {
    const value = evaluate('zeros', context);
    expect(childCounts(value)).toEqual({ named: 0, indexed: 64 });
    expect(children(value, { start: 60, count: 10 }).map((child) => child.name)).toEqual([
      '[60]',
      '[61]',
      '[62]',
      '[63]',
    ]);
    expect(childCounts(evaluate('caps', context)).named).toBeGreaterThan(10);
  });

  it('have expressions that give them again', () => {
    const visit = (text: string, depth: number): void => {
      for (const child of children(evaluate(text, context))) {
        if (child.evaluateName === undefined || depth > 2) continue;
        const again = evaluate(child.evaluateName, context);
        expect(formatValue(again), child.evaluateName).toBe(
          child.name.startsWith('<') ? formatValue(evaluate(text, context)) : formatValue(child.value),
        );
        if (!child.name.startsWith('<')) visit(child.evaluateName, depth + 1);
      }
    };
    visit('caps', 0);
    visit('points', 0);
  });
});

describe('assignment', () => {
  const fixture = buildProgram(VARIANTS['O0, DWARF 5']!);

  it.each([
    ['caps.isa = 5', 'caps.isa', '5'],
    ['caps.isa += 5', 'caps.isa', '4402'],
    ['caps.isa <<= 1', 'caps.isa', '8794'],
    ['caps.features[0].width = 3', 'caps.features[0].width', '3'],
    ['caps.features[0].width = 3', 'caps.features[0].level', '-3'],
    ['caps.features[0].level = 2', 'caps.features[0].width', '100'],
    ['caps.features[0].wide = 0xffffffffff', 'caps.features[0].wide', '1099511627775'],
    ['caps.features[0].wide = 0', 'caps.features[0].on', 'true'],
    ['minus = 200', '(int)minus', '-56'],
    ['yes = 3', 'yes', 'true'],
    ['quarter = 1.5', 'quarter', '1.5'],
    ['third = 2', 'third', '2'],
    ['points[1] = &origin', 'points[1]->x', '3'],
    ['points[1] = points[0] + 1', 'points[1] - points[0]', '1'],
    ['pointer_to_total += 1', 'pointer_to_total - &private_total', '1'],
    ['caps.features[1] = caps.features[2]', 'caps.features[1].word', '2'],
    ['caps.color = BLUE', 'caps.color', 'BLUE'],
    ['matrix[1][2] = matrix[0][0] = 9', 'matrix', '{{9, 2, 3}, {4, 5, 9}}'],
  ])('%s', (assignment, text, expected) => {
    const context = contextOf(fixture);
    evaluate(assignment, context);
    expect(formatValue(evaluate(text, context))).toBe(expected);
  });

  it.each([
    ['caps.color', 'BLUE', 'BLUE'],
    ['caps.text', '"new"', '"new"'],
    ['caps.isa', '0x10', '16'],
    ['caps.sign', 'PLUS', 'PLUS'],
    ['letter', "'z'", `122 'z'`],
    ['caps.label', 'greeting', /"hello"/],
  ])('of a text to %s', (target, text, expected) => {
    const context = contextOf(fixture);
    parseInto(evaluate(target, context), text, context);
    const shown = formatValue(evaluate(target, context));
    if (typeof expected === 'string') expect(shown).toBe(expected);
    else expect(shown).toMatch(expected);
  });

  it.each([['caps'], ['caps.text'], ['run'], ['1 + 1']])('%s refuses what does not fit', (target) => {
    const context = contextOf(fixture);
    const value = evaluate(target, context);
    expect(() => parseInto(value, target === 'caps.text' ? '"far too long"' : '5', context)).toThrow(
      EvaluationError,
    );
  });
});
