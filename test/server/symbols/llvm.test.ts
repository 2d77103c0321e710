import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  declareType,
  evaluate,
  formatValue,
  typeName,
  variableValue,
  type EvaluationContext,
} from '../../../server/symbols/index.ts';
import { openFixture } from './fixtures.ts';
import { askGdb } from './gdb.ts';

describe('debug information that LLVM made of Rust', () => {
  const fixture = openFixture(fileURLToPath(new URL('fixtures/rust.elf', import.meta.url)));
  const { file } = fixture;
  const probe = file.symbols.find('probe')!;
  const memory = {
    read: (address: bigint, length: number) => file.elf.read(address, length),
    write: () => undefined,
  };
  const context: EvaluationContext = { symbols: file, memory };

  it('gives the lines that gdb gives', () => {
    const text = file.elf.section('.text')!;
    const addresses = Array.from({ length: text.size / 2 }, (_, index) => text.address + 2n * BigInt(index));
    const answers = askGdb(
      fixture.path,
      addresses.map((address) => ({ ask: 'line', address: `0x${address.toString(16)}` })),
    ) as { file: string | null; line: number }[];
    const theirs = answers.map(({ file: path, line }) =>
      path === null || line === 0 ? 'none' : `${basename(path)}:${line}`,
    );
    const ours = addresses.map((address) => {
      const position = file.positionAt(address);
      return position === undefined ? 'none' : `${basename(position.path)}:${position.line}`;
    });
    expect(ours).toEqual(theirs);
  });

  it('gives functions, inlined calls and blocks', () => {
    const [inner, outer] = file.scopesAt(probe.address + 12n);
    expect([inner?.function.name, inner?.inlined, outer?.function.name, outer?.inlined]).toEqual([
      'pick',
      true,
      'probe',
      false,
    ]);
    expect(outer?.position).toMatchObject({ path: '/src/rust.rs' });
    expect(file.functionAt(file.symbols.addressOf('again')!)?.name).toBe('again');
    expect(file.functionLocations('pick').length).toBe(2);
    const names = file
      .scopesAt(probe.address + 0x24n)[0]!
      .blocks.map((block) => block.variables.map(({ name }) => name));
    expect(names.flat()).toEqual(['third', 'second', 'first', 'region', 'fallback']);
  });

  it('gives types and statics', () => {
    expect(formatValue(evaluate('REGION', context))).toBe('{start = 4096, flags = 7}');
    expect(typeName(evaluate('REGION.start', context).type)).toBe('i64');
    expect(declareType(file.typeNamed('Region', 'struct')!)).toBe(
      'struct Region {\n    i64 start;\n    u32 flags;\n};',
    );
    // Variants are shown side by side, the discriminant first.
    expect(formatValue(evaluate('STATE', context))).toContain('Window = {owner = 42}');
    expect(file.describeData(file.symbols.addressOf('REGION')! + 8n, 4)?.path).toBe('REGION.flags');
  });

  it('gives the places of variables as their location lists say', () => {
    const registers = {
      read: (register: number) => (register === 12 ? file.symbols.addressOf('REGION') : BigInt(register)),
    };
    const shown = (offset: bigint): Record<string, string> => {
      const { frames } = file.unwind({ pc: probe.address + offset, registers, memory });
      const frame = frames.find(({ name }) => name === 'probe')!;
      const variables = frame.blocks.flatMap((block) => block.variables);
      return Object.fromEntries(
        variables.map((variable) => [
          variable.name,
          formatValue(variableValue(variable, { ...context, frame })),
        ]),
      );
    };
    expect(shown(0n)).toMatchObject({ region: '0xa', fallback: '11' });
    expect(shown(0x10n)).toMatchObject({ fallback: '10' });
    expect(shown(0x10n).region).toMatch(/<REGION>$/);
    expect(shown(0x18n)).toMatchObject({ region: '<optimised out here>', second: '10' });
    expect(fixture.problems).toEqual([]);
  });
});
