/**
 * The grammars, held to assertions and snapshots by vscode-tmgrammar-test, and to what real tools print: a
 * disassembly by objdump, a report by the command line, the sample's own sources.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { PEERS, type Token, tokenize } from './grammars.ts';

const here = join('test', 'syntaxes');
const sample = join('samples', 'resume-bug');
const image = join(sample, 'resume-bug.elf');

/** Runs a program of vscode-tmgrammar-test over files; its output tells what differs. */
function tmgrammar(
  program: 'unit' | 'snapshot',
  ...args: string[]
): { status: number | null; output: string } {
  const script = join('node_modules', 'vscode-tmgrammar-test', 'dist', `${program}.js`);
  const grammars = PEERS.flatMap((path) => ['-g', path]);
  const { status, stdout } = spawnSync(process.execPath, [script, ...grammars, ...args], {
    encoding: 'utf8',
  });
  return { status, output: stdout };
}

const read = (path: string): string => readFileSync(path, 'utf8');
const textsOf = (tokens: readonly Token[], scope: string): string[] =>
  tokens.filter(({ scopes }) => scopes.includes(scope)).map(({ text }) => text);

describe('Grammars', () => {
  it.each(readdirSync(join(here, 'assertions')))('scope %s as its assertions say', (name) => {
    const { status, output } = tmgrammar('unit', join(here, 'assertions', name));
    expect(status, output).toBe(0);
  });

  it.each(readdirSync(join(here, 'snapshots')).filter((name) => !name.endsWith('.snap')))(
    'scope %s as in its snapshot',
    (name) => {
      const path = join(here, 'snapshots', name);
      // Without one the program writes it, and calls that a success.
      expect(read(`${path}.snap`)).not.toBe('');
      const { status, output } = tmgrammar('snapshot', path);
      expect(status, output).toBe(0);
    },
  );

  it('are contributed with the name that they have in their files', () => {
    for (const { path, scopeName } of manifest.contributes.grammars) {
      expect(JSON.parse(read(path)), path).toMatchObject({ scopeName });
    }
  });

  it("find the output sections of the sample's linker script, which are those of its image", async () => {
    const lines = await tokenize('source.linkerscript', read(join(sample, 'resume-bug.lds.S')));
    const named = lines
      .map(([first]) => first)
      .filter((token) => token?.scopes.includes('meta.output-section') === true)
      .map((token) => token!.text);
    const headers = execFileSync('riscv64-linux-gnu-readelf', ['-SW', image], { encoding: 'utf8' });
    // Name, type, address, offset, size, entry size, flags: those with A take part in the image.
    const allocated = /\]\s+(\S+)\s+\w+(?:\s+[0-9a-f]+){4}\s+[A-Z]*A[A-Z]*\s/g;
    const loaded = [...headers.matchAll(allocated)].map(([, name]) => name);
    expect(loaded.length).toBeGreaterThan(5);
    expect(named.filter((name) => name !== '/DISCARD/')).toEqual(loaded);
  });

  it.each<[string, () => string]>([
    ["the sample's linker script", () => read(join(sample, 'resume-bug.lds.S'))],
    [
      "ld's own script",
      // Between lines of equals signs.
      () => execFileSync('riscv64-linux-gnu-ld', ['--verbose'], { encoding: 'utf8' }).split(/^=+$/m)[1]!,
    ],
  ])('leave no word of %s without a scope', async (_, script) => {
    const lines = await tokenize('source.linkerscript', script());
    expect(lines.length).toBeGreaterThan(50);
    const bare = lines.flat().filter(({ scopes }) => /^source\.linkerscript(?: meta\.\S+)*$/.test(scopes));
    expect(bare).toEqual([]);
  });

  it('know address, bytes and instruction in every line that objdump prints', async () => {
    const listing = execFileSync('riscv64-linux-gnu-objdump', ['-d', image], {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    const lines = await tokenize('source.disassembly.riscv', listing);
    const instructions = listing.split('\n').flatMap((line, number) => {
      const [, address, bytes, mnemonic] = /^\s*([0-9a-f]+):\t([0-9a-f]+)\s+\t?(\S+)/.exec(line) ?? [];
      return mnemonic === undefined ? [] : [{ number, address, bytes, mnemonic }];
    });
    expect(instructions.length).toBeGreaterThan(1000);
    for (const { number, address, bytes, mnemonic } of instructions) {
      const tokens = lines[number]!;
      expect(textsOf(tokens, 'constant.numeric.address'), listing.split('\n')[number]).toEqual([address]);
      expect(textsOf(tokens, 'comment.block.bytes')).toEqual([bytes]);
      expect(
        tokens.filter(({ scopes }) => /keyword\.|invalid\./.test(scopes)).map(({ text }) => text),
      ).toEqual([mnemonic]);
    }
  });

  it("know the report of a refused store and the guest's own oops", () => {
    const args = [
      'dist/sealscope.js',
      'run',
      '--harts',
      '2',
      '--append',
      'scenario=resume no_console_suspend',
      image,
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    return Promise.all([
      tokenize('text.sealscope-oops', stderr).then((lines) => {
        const tokens = lines.flat();
        const labels = ['what', 'where', 'sealed', 'page', 'writers', 'why now', 'stack', 'choices', 'fixes'];
        expect(textsOf(tokens, 'keyword.other.label')).toEqual([...labels, 'as Linux']);
        expect(textsOf(tokens, 'constant.language.choice')).toEqual(['oops', 'retry', 'write-once', 'skip']);
        expect(textsOf(tokens, 'string.unquoted.path')).toContain(`${sample}/cpufeature.c`);
        expect(textsOf(tokens, 'section.sealed')).toEqual(['.data..ro_after_init']);
      }),
      tokenize('text.sealscope-oops', stdout).then((lines) => {
        const tokens = lines.flat();
        expect(textsOf(tokens, 'token.error-token.headline').map((text) => text.trim())).toEqual([
          'Unable to handle kernel paging request',
          'Oops [#1]',
          'Kernel panic - not syncing: Fatal exception',
        ]);
        const registers = textsOf(tokens, 'variable.language.register');
        expect(new Set(registers).size).toBe(35);
        expect(textsOf(tokens, 'invalid.illegal.faulting')).toHaveLength(1);
      }),
    ]);
  });
});
