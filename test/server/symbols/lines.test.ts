import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildProgram, VARIANTS, type Fixture } from './fixtures.ts';
import { askGdb } from './gdb.ts';

/** Addresses of all instructions, as the disassembler finds them. */
function instructionsOf(fixture: Fixture): bigint[] {
  const text = execFileSync('riscv64-linux-gnu-objdump', ['-d', fixture.path], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return [...text.matchAll(/^\s*([0-9a-f]+):\t/gm)].map(([, address]) => BigInt(`0x${address!}`));
}

/** The inlined call chain at each address: `function file:line`, innermost first. */
function chains(fixture: Fixture, addresses: readonly bigint[]): string[][] {
  const text = execFileSync('riscv64-linux-gnu-addr2line', ['-e', fixture.path, '-a', '-i', '-f'], {
    input: addresses.map((address) => `0x${address.toString(16)}\n`).join(''),
    encoding: 'utf8',
  });
  return text
    .split(/^0x[0-9a-f]+\n/m)
    .slice(1)
    .map((block) => {
      const lines = block.trimEnd().split('\n');
      const chain: string[] = [];
      for (let index = 0; index + 1 < lines.length; index += 2) {
        const place = lines[index + 1]!.replace(/ \(discriminator \d+\)$/, '');
        chain.push(`${lines[index]!} ${basename(place)}`);
      }
      return chain;
    });
}

const hex = (address: bigint): string => `0x${address.toString(16)}`;

describe.each(Object.keys(VARIANTS))('%s', (name) => {
  const fixture = buildProgram(VARIANTS[name]!);
  const { file } = fixture;
  const addresses = instructionsOf(fixture);

  it('finds the line of every instruction as gdb does', () => {
    const answers = askGdb(
      fixture.path,
      addresses.map((address) => ({ ask: 'line', address: hex(address) })),
    ) as { file: string | null; line: number; start: number; last: number | null }[];
    const theirs = addresses.map((address, index) => {
      const { file: path, line, start } = answers[index]!;
      return path === null || line === 0
        ? `${hex(address)} none`
        : `${hex(address)} ${basename(path)}:${line} from ${hex(BigInt(start))}`;
    });
    const ours = addresses.map((address) => {
      const row = file.lineAt(address);
      if (row === undefined) return `${hex(address)} none`;
      return `${hex(address)} ${basename(row.position.path)}:${row.position.line} from ${hex(row.start)}`;
    });
    expect(ours).toEqual(theirs);
    expect(fixture.problems).toEqual([]);
  });

  it('finds functions and inlined calls as addr2line does', () => {
    const theirs = chains(fixture, addresses);
    const ours = addresses.map((address) =>
      file
        .scopesAt(address)
        .map(
          ({ function: { name: called }, position }) =>
            `${called} ${position === undefined ? '??:?' : `${basename(position.path)}:${position.line}`}`,
        ),
    );
    addresses.forEach((address, index) => {
      // addr2line names assembly from the symbol table; there is no debug information of it.
      if (ours[index]!.length === 0) return;
      const names = (chain: readonly string[]): string[] => chain.map((level) => level.split(' ')[0]!);
      const callers = (chain: readonly string[]): string[] => chain.slice(1);
      expect(names(ours[index]!), hex(address)).toEqual(names(theirs[index]!));
      expect(callers(ours[index]!), hex(address)).toEqual(callers(theirs[index]!));
    });
    expect(ours.filter((chain) => chain.length > 0).length).toBeGreaterThan(addresses.length / 2);
  });
});

describe.each(['O0, DWARF 5', 'O0, DWARF 4', 'O2, DWARF 5'])('breakpoints on lines, %s', (name) => {
  const fixture = buildProgram(VARIANTS[name]!);
  const { file } = fixture;

  it.each(['main.c', 'other.c', 'shared.h'])('of %s are where gdb sets them', (source) => {
    const lines = Array.from({ length: 150 }, (_, index) => index + 1);
    const answers = askGdb(
      fixture.path,
      lines.map((line) => ({ ask: 'stops', at: `${source}:${line}` })),
    );
    const theirs = lines.map((line, index) => {
      const answer = answers[index];
      const found =
        typeof answer === 'string'
          ? [...answer.matchAll(/0x[0-9a-f]{16}/g)].map(([text]) => BigInt(text))
          : [];
      return `${source}:${line} ${found.map(hex).sort().join(' ')}`;
    });
    const ours = lines.map((line) => {
      const found = file.breakpointLocations(source, line).map(({ address }) => address);
      return `${source}:${line} ${[...new Set(found)].map(hex).sort().join(' ')}`;
    });
    expect(ours).toEqual(theirs);
  });
});
