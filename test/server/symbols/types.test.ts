import { describe, expect, it } from 'vitest';
import {
  declareType,
  memberPath,
  strip,
  typeName,
  type CompositeType,
  type Member,
  type Type,
} from '../../../server/symbols/index.ts';
import { buildProgram, fixtureNamed, SAMPLE_NAME, VARIANTS } from './fixtures.ts';
import { askGdb, spelled } from './gdb.ts';

const NAMED: readonly [tag: 'struct' | 'union' | 'enum' | 'typedef', name: string][] = [
  ['struct', 'caps'],
  ['struct', 'feature'],
  ['struct', 'point'],
  ['struct', 'list'],
  ['struct', 'opaque'],
  ['typedef', 'operations'],
  ['typedef', 'handler_t'],
  ['typedef', 'u64'],
  ['typedef', 'bool'],
  ['enum', 'color'],
  ['enum', 'flags'],
  ['enum', 'sign'],
  ['enum', 'late'],
];

interface GdbType {
  size: number;
  name?: string;
  fields?: { name: string; bit: number; width: number; type: string }[];
  constants?: [string, number][];
}

/** A member in gdb's terms. */
function layoutOf({ name, offset, bitField, type }: Member): NonNullable<GdbType['fields']>[number] {
  return {
    name: name ?? '',
    bit: offset * 8 + (bitField?.shift ?? 0),
    width: bitField?.width ?? 0,
    type: spelled(typeName(type)),
  };
}

describe.each(Object.keys(VARIANTS))('types, %s', (name) => {
  const fixture = buildProgram(VARIANTS[name]!);
  const { file } = fixture;

  it('have the layout that gdb prints', () => {
    const answers = askGdb(
      fixture.path,
      NAMED.map(([tag, type]) => ({ ask: 'type', name: tag === 'typedef' ? type : `${tag} ${type}` })),
    ) as GdbType[];
    NAMED.forEach(([tag, typeNamed], index) => {
      const expected = answers[index]!;
      const type = file.typeNamed(typeNamed, tag);
      expect(type, typeNamed).toBeDefined();
      const plain = strip(type!);
      expect(plain.kind === 'function' ? 1 : plain.size, typeNamed).toBe(expected.size);
      if (plain.kind === 'enum') {
        expect(plain.enumerators.map((item) => [item.name, Number(item.value)])).toEqual(expected.constants);
      } else if (plain.kind === 'struct' || plain.kind === 'union') {
        const members = plain.members.map(layoutOf);
        expect(members).toEqual(expected.fields!.map((field) => ({ ...field, type: spelled(field.type) })));
      }
    });
    expect(fixture.problems).toEqual([]);
  });

  it('resolve declarations to the definition in another unit', () => {
    const main = [...file.units()].find(({ path }) => path.endsWith('main.c'));
    const caps = strip(file.typeNamed('caps', 'struct', main)!) as CompositeType;
    const hidden = strip(caps.members.find((member) => member.name === 'hidden')!.type);
    const opaque = hidden.kind === 'pointer' ? (strip(hidden.target) as CompositeType) : undefined;
    expect(opaque?.incomplete).toBe(false);
    expect(opaque?.members.map((member) => member.name)).toEqual(['secret', 'again']);
  });

  it('say where they are declared', () => {
    const { declaration } = file.typeNamed('feature', 'struct')!;
    expect(declaration?.path).toMatch(/\/fixtures\/shared\.h$/);
    expect(declaration?.line).toBe(21);
  });

  it('name members by offset', () => {
    const caps = file.typeNamed('caps', 'struct')!;
    const { members } = strip(caps) as CompositeType;
    const inner = members.find((member) => member.name === 'inner')!.offset;
    const expected: [number, string][] = [
      [0, '.isa'],
      [8, '.byte[0]'],
      [10, '.byte[2]'],
      [16, '.features[0].name'],
      [24, '.features[0].bits'],
      [32, '.features[0].word'],
      [36, '.features[0].asks'],
      [40, '.features[0].wide'],
      [56, '.features[1].bits'],
      [inner, '.inner.depth'],
      [inner + 4 + 8, '.inner.corners[0][1].x'],
      [inner + 4 + 20, '.inner.corners[1][0].y'],
    ];
    expect(expected.map(([offset]) => [offset, memberPath(caps, offset).path])).toEqual(expected);
    expect(memberPath(caps, 8, 4)).toMatchObject({ path: '.word', rest: 0 });
    expect(memberPath(caps, 10, 2)).toMatchObject({ path: '.high', rest: 0 });
    expect(memberPath(caps, 26, 2)).toMatchObject({ path: '.features[0].bits', rest: 2 });
    expect(memberPath(caps, 100_000)).toMatchObject({ rest: expect.any(Number) as number });
  });
});

describe(SAMPLE_NAME, () => {
  const fixture = fixtureNamed(SAMPLE_NAME);
  const { file } = fixture;

  it('has variables of the types that gdb prints', () => {
    const globals = [...file.units()].flatMap((unit) => file.globalsOf(unit));
    const unique = globals.filter(({ name }) => globals.filter((other) => other.name === name).length === 1);
    const answers = askGdb(
      fixture.path,
      unique.map(({ name }) => ({ ask: 'type', of: name })),
    ) as GdbType[];
    const ours = unique.map(
      ({ name, type }) => `${name}: ${spelled(typeName(type))}, ${type.size ?? 0} bytes`,
    );
    expect(ours).toEqual(
      unique.map(
        ({ name }, index) => `${name}: ${spelled(answers[index]!.name!)}, ${answers[index]!.size} bytes`,
      ),
    );
    expect(ours.length).toBeGreaterThan(30);
  });

  it('has structs of the layout that gdb prints', () => {
    const structs = new Map<string, CompositeType>();
    const collect = (type: Type): void => {
      const plain = strip(type);
      if (plain.kind === 'pointer') collect(plain.target);
      else if (plain.kind === 'array') collect(plain.element);
      else if (plain.kind === 'struct' && plain.name !== undefined && !structs.has(plain.name)) {
        structs.set(plain.name, plain);
        for (const member of plain.members) collect(member.type);
      }
    };
    for (const unit of file.units()) for (const { type } of file.globalsOf(unit)) collect(type);
    const names = [...structs.keys()];
    const answers = askGdb(
      fixture.path,
      names.map((name) => ({ ask: 'type', name: `struct ${name}` })),
    ) as GdbType[];
    names.forEach((name, index) => {
      const layout = structs.get(name)!.members.map(layoutOf);
      expect(layout, name).toEqual(
        answers[index]!.fields!.map((field) => ({ ...field, type: spelled(field.type) })),
      );
    });
    expect(names.length).toBeGreaterThan(8);
    expect(fixture.problems).toEqual([]);
  });
});

describe('declarations of types', () => {
  const { file } = buildProgram(VARIANTS['O0, DWARF 5']!);

  it.each([
    ['point', 'struct', 'struct point {\n    int x;\n    int y;\n};'],
    ['color', 'enum', 'enum color {\n    RED = 0,\n    GREEN = 5,\n    BLUE = 6,\n};'],
    ['handler_t', 'typedef', 'typedef int (*handler_t)(struct point *, long unsigned int);'],
    ['u64', 'typedef', 'typedef long unsigned int u64;'],
  ] as const)('%s', (name, tag, text) => {
    expect(declareType(file.typeNamed(name, tag)!)).toBe(text);
  });

  it('show members, bit fields and anonymous parts', () => {
    const text = declareType(file.typeNamed('caps', 'struct')!);
    expect(text).toContain('    struct feature features[3];\n');
    expect(text).toContain('    union {\n        u32 word;\n        u8 byte[4];\n        struct {\n');
    expect(text).toContain('        struct point corners[2][2];\n');
    expect(text).toContain(
      '    volatile const char * const label;\n'.replace('volatile const', 'const volatile'),
    );
    expect(text).toContain('    u8 tail[];\n');
    expect(declareType(file.typeNamed('feature', 'struct')!)).toContain('    int level : 4;\n');
  });
});

describe.each(['O0, DWARF 5', 'O2, DWARF 4'])('globals, %s', (name) => {
  const fixture = buildProgram(VARIANTS[name]!);
  const { file } = fixture;

  it('are found by address and described by path', () => {
    const caps = file.symbols.addressOf('caps')!;
    expect(file.globalAt(caps + 5n)?.name).toBe('caps');
    const found = file.describeData(caps + 56n, 8)!;
    expect(found).toMatchObject({
      path: 'caps.features[1].bits',
      symbol: 'caps',
      start: caps,
      offset: 56,
      rest: 0,
    });
    expect(found.declaration).toMatchObject({ line: 31 });
    expect(found.declaration?.path).toMatch(/main\.c$/);
    expect(file.describeData(file.symbols.addressOf('origin')! + 4n, 4)?.path).toBe('origin.y');
    expect(file.describeData(file.symbols.addressOf('matrix')! + 32n, 8)?.path).toBe('matrix[1][1]');
    expect(file.describeData(file.symbols.addressOf('other_total')!, 4)?.path).toBe('other_total');
    expect(file.describeData(0n)).toBeUndefined();
  });

  it('include variables that are static in a function', () => {
    const symbol = [...file.symbols.all()].find((candidate) => candidate.name.startsWith('calls.'))!;
    expect(file.describeData(symbol.address, 4)).toMatchObject({ path: 'calls', symbol: 'calls' });
  });

  it('are listed by unit', () => {
    const main = [...file.units()].find(({ path }) => path.endsWith('main.c'))!;
    const names = file.globalsOf(main).map((variable) => variable.name);
    expect(names).toContain('caps');
    expect(names).toContain('pointer_to_total');
    expect(names).not.toContain('other_total');
    expect(file.globalsNamed('nosuch')).toEqual([]);
  });

  it('of a page are listed by range', () => {
    const section = file.elf.section('.data')!;
    const page = file.symbols.within(section.address, section.address + 4096n).map((symbol) => symbol.name);
    expect(page).toContain('caps');
    expect(page).toContain('matrix');
    const caps = file.symbols.find('caps')!;
    expect(file.symbols.within(caps.address + 8n, caps.address + 9n).map((symbol) => symbol.name)).toEqual([
      'caps',
    ]);
    expect(file.symbols.inSection(section).length).toBeGreaterThan(5);
  });
});
