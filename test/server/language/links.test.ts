/** Linker scripts: links to C and back, each of them followed to where it leads. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DocumentLink } from 'vscode-languageserver/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildKernel, folderWith, LINKER_SCRIPT } from './kernel.ts';
import { Client, image, uriOf } from './server.ts';

interface Followed {
  /** The link's own text. */
  from: string;
  /** The text that it leads to. */
  to: string;
  file: string;
}

function followed(script: string, { range, target }: DocumentLink): Followed {
  const { start, end } = range;
  const from = readFileSync(script, 'utf8').split('\n')[start.line]!.slice(start.character, end.character);
  const [, uri, line, column] = /^(.*)#L(\d+),(\d+)$/.exec(target!)!;
  const file = fileURLToPath(uri!);
  const lines = readFileSync(file, 'utf8').split('\n');
  const to = lines[Number(line) - 1]!.slice(Number(column) - 1);
  return { from, to, file };
}

describe('Links of a linker script', () => {
  const folder = folderWith({
    'kernel.lds': LINKER_SCRIPT,
    'unrelated.c': '/* __start_ro_after_init */ int x;\n',
    'include/sections.h': '#include "x"\nextern char other[], __end_ro_after_init[];\n',
    'main.c':
      'int sealed __attribute__((section(".data..ro_after_init"))) = 1;\nextern char __start_ro_after_init[], __end_ro_after_init[];\nlong size(void)\n{\n\treturn __end_ro_after_init - __start_ro_after_init;\n}\nvoid _start(void) { size(); }\n',
  });
  const path = buildKernel(folder, ['main.c']);
  const script = join(folder, 'kernel.lds');
  let client: Client;
  beforeAll(async () => {
    client = await Client.start([image(path)], []);
    await client.addFolder(folder);
    await client.open(script);
  });
  afterAll(() => client.stop());

  it('lead from an assignment to C, and from a use to the assignment or the definition', async () => {
    const links = (await client.links(script)).map((link) => followed(script, link));
    expect(links.map(({ from, file }) => [from, file])).toEqual([
      ['__start_ro_after_init', join(folder, 'main.c')],
      ['__end_ro_after_init', join(folder, 'main.c')],
      ['__end_ro_after_init', script],
      ['__start_ro_after_init', script],
      ['_start', join(folder, 'main.c')],
    ]);
    for (const { from, to } of links)
      expect(to.startsWith(from) || to.startsWith(`void ${from}`), to).toBe(true);
  });

  it('are a definition for C, in the script', async () => {
    const file = join(folder, 'main.c');
    await client.open(file);
    const found = await client.definitions(file, client.find(file, 'char __start_ro|'));
    expect(found.map(({ uri }) => uri)).toEqual([uriOf(script)]);
    const { start, end } = found[0]!.range;
    expect(LINKER_SCRIPT.split('\n')[start.line]!.slice(start.character, end.character)).toBe(
      '__start_ro_after_init',
    );
    for (const marked of ['long si|ze(void)', 're|turn'])
      expect(await client.definitions(file, client.find(file, marked))).toEqual([]);
  });
});

describe('Links of the sample’s linker script', () => {
  it('all lead to where the name stands', async () => {
    const sample = resolve('samples/resume-bug');
    const script = join(sample, 'resume-bug.lds.S');
    const client = await Client.start([image(join(sample, 'resume-bug.elf'))], [sample]);
    // VS Code takes `.lds.S` for assembly.
    await client.open(script, readFileSync(script, 'utf8'), 'asm');
    const links = (await client.links(script)).map((link) => followed(script, link));
    for (const { from, to } of links) expect(to.startsWith(from), `${from} → ${to}`).toBe(true);
    expect(links.map(({ from }) => from)).toEqual(
      expect.arrayContaining([
        '__start_rodata',
        '_data',
        '__stop___ex_table',
        '__end_ro_after_init',
        '_start',
      ]),
    );
    await client.stop();
  });
});
