import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildProgram, fixtureNamed, SAMPLE_NAME, VARIANTS, type Fixture } from './fixtures.ts';
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

/** What is not the same, side by side. */
function differences(ours: readonly string[], theirs: readonly string[]): string[] {
  return ours.flatMap((line, index) =>
    line === theirs[index] ? [] : [`${line} | oracle: ${theirs[index]!}`],
  );
}

const hex = (address: bigint): string => `0x${address.toString(16)}`;

const ASSEMBLER = 0x8001; // DW_LANG_Mips_Assembler

/** The same code with debug information that addr2line of binutils 2.40 cannot read all of. */
const TWINS: Readonly<Record<string, string>> = {
  'O2 with type units': 'O2, DWARF 5',
  'O0, 64-bit DWARF': 'O0, DWARF 5',
};

describe.each([...Object.keys(VARIANTS), SAMPLE_NAME])('%s', (name) => {
  const fixture = fixtureNamed(name);
  const { file } = fixture;
  const addresses = instructionsOf(fixture);
  const twin = TWINS[name];
  const readable = twin === undefined ? fixture : buildProgram(VARIANTS[twin]!);

  it('finds the line of every instruction as gdb does', () => {
    const answers = askGdb(
      fixture.path,
      addresses.map((address) => ({ ask: 'line', address: hex(address) })),
    ) as { file: string | null; line: number }[];
    const theirs = addresses.map((address, index) => {
      const { file: path, line } = answers[index]!;
      return path === null || line === 0
        ? `${hex(address)} none`
        : `${hex(address)} ${basename(path)}:${line}`;
    });
    const ours = addresses.map((address) => {
      const row = file.lineAt(address);
      if (row === undefined) return `${hex(address)} none`;
      return `${hex(address)} ${basename(row.position.path)}:${row.position.line}`;
    });
    expect(differences(ours, theirs)).toEqual([]);
    expect(fixture.problems).toEqual([]);
  });

  it('finds functions and inlined calls as addr2line does', () => {
    const theirs = chains(readable, addresses);
    const ours = addresses.map((address) =>
      file
        .scopesAt(address)
        .map(
          ({ function: { name: called }, position }) =>
            `${called} ${position === undefined ? '??:?' : `${basename(position.path)}:${position.line}`}`,
        ),
    );
    // addr2line mixes up neighbouring assembly routines, and takes another of several rows at one address.
    const compared = (list: readonly string[][]): string[] =>
      addresses.map((address, index) => {
        const isAssembly = file.unitAt(address)?.language === ASSEMBLER || ours[index]!.length === 0;
        if (isAssembly) return hex(address);
        const [innermost, ...callers] = list[index]!;
        return [hex(address), innermost!.split(' ')[0]!, ...callers].join(', ');
      });
    expect(differences(compared(ours), compared(theirs))).toEqual([]);
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
    const optimised = !name.startsWith('O0');
    const functionAt = (address: string): string =>
      file.scopesAt(BigInt(address))[0]?.function.name ?? address;
    const reduced = (addresses: readonly string[]): string =>
      [...new Set(optimised ? addresses.map(functionAt) : addresses)].sort().join(' ');
    const wrong = lines.flatMap((line, index) => {
      const answer = String(answers[index]);
      const theirs = [...answer.matchAll(/0x0*([0-9a-f]+)/g)].map(([, digits]) => `0x${digits!}`);
      const stops = file.breakpointLocations(source, line);
      const ours = stops.map(({ address }) => hex(address));
      const moved = stops.every(({ position }) => position?.line !== line);
      // Where a line has no code, gdb moves to the next one in one copy of the file only; we stop in all. In optimised
      // code it leaves out lines whose first instruction belongs to an inlined call, and repeats others: there it is
      // compared which functions are stopped in.
      const missing = theirs.filter((address) => !reduced(ours).includes(reduced([address])));
      const extra = moved || optimised ? [] : ours.filter((address) => !theirs.includes(address));
      const gdbMoved = optimised && !answer.includes(`${source}:${line}\n`);
      return gdbMoved || (missing.length === 0 && extra.length === 0)
        ? []
        : [`${source}:${line} ${reduced(ours)} | gdb: ${reduced(theirs)}`];
    });
    expect(wrong).toEqual([]);
  });

  it('follow a line through all its copies', () => {
    const stops = file.breakpointLocations('shared.h', 81);
    expect(stops.map(({ position }) => position?.line)).toEqual([81, 81]);
    const callers = stops.map(({ address }) => file.scopesAt(address).at(-1)?.function.name);
    expect(callers.sort()).toEqual(['other_work', 'recurse']);
    if (name.startsWith('O0'))
      expect(stops.every(({ function: called, inlined }) => inlined && called?.name === 'scaled')).toBe(true);
  });

  it('need no more of a path than tells files apart', () => {
    const at = (path: string): string[] =>
      file.breakpointLocations(path, 93).map(({ address }) => hex(address));
    const [full] = file.sourceFiles().filter((path) => path.endsWith('/main.c'));
    expect(at(full!)).toEqual(at('main.c'));
    expect(at('fixtures/main.c')).toEqual(at('main.c'));
    expect(at('/elsewhere/fixtures/main.c')).toEqual(at('main.c'));
    expect(at('./fixtures/../fixtures/main.c')).toEqual(at('main.c'));
    expect(at('nosuch.c')).toEqual([]);
    expect(at('ain.c')).toEqual([]);
  });

  it('know where no code follows', () => {
    expect(file.breakpointLocations('main.c', 5000)).toEqual([]);
  });
});

describe.each(['O0, DWARF 5', 'O0, DWARF 4'])('breakpoints on functions, %s', (name) => {
  const fixture = buildProgram(VARIANTS[name]!);
  const names = ['recurse', 'leaf', 'run', 'other_work', 'c_entry', 'handle'];

  it('are after the prologue, where gdb sets them', () => {
    const answers = askGdb(
      fixture.path,
      names.map((at) => ({ ask: 'stops', at })),
    );
    const theirs = names.map((at, index) => {
      const found = [...String(answers[index]).matchAll(/0x0*([0-9a-f]+)/g)].map(
        ([, digits]) => `0x${digits!}`,
      );
      return `${at} ${found.sort().join(' ')}`;
    });
    const ours = names.map((at) => {
      const found = fixture.file.functionLocations(at).map(({ address }) => hex(address));
      return `${at} ${found.sort().join(' ')}`;
    });
    expect(differences(ours, theirs)).toEqual([]);
  });

  it('find copies of inline functions, and assembly', () => {
    const { file } = fixture;
    const inlined = file.functionLocations('scaled');
    expect(inlined.length).toBe(2);
    expect(inlined.every((stop) => stop.inlined)).toBe(true);
    const [bare] = file.functionLocations('bare_leaf');
    expect(bare?.address).toBe(file.symbols.addressOf('bare_leaf'));
    expect(file.functionLocations('nosuch')).toEqual([]);
  });
});
