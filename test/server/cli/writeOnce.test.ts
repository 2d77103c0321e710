/** `sealscope run` on the write-once slab: text, JSON, the gate, and specifications from a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JsonRun, root, runSealscope } from './sealscope.ts';

const IMAGE = `${root}samples/write-once-slab/write-once-slab.elf`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'write-once-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function argumentsFor(variant: string, scenario: string, ...more: string[]): string[] {
  return ['run', '--harts', '2', '--append', `variant=${variant} scenario=${scenario}`, ...more, IMAGE];
}

describe('sealscope run on write-once memory', () => {
  it('tells a broken rule when it happens, and at the end what the objects cost', async () => {
    const { status, stderr } = await runSealscope(argumentsFor('private', 'overrun'));
    expect(status).toBe(0);
    expect(stderr).toMatch(/sealscope: write-outside-object: .* by memset\(\) at string\.c:\d+ ← cred_init/);
    expect(stderr).toContain('write-once memory kmem_cache: 2 live objects (160 bytes) on 1 page (4 KiB)');
    expect(stderr).toContain('broken rules: write-outside-object 3 times');
  });

  it('draws pages and lanes with --objects', async () => {
    const { stderr } = await runSealscope(argumentsFor('private', 'none', '--objects'));
    expect(stderr).toMatch(/13 of 51 live, 1,3\d\d stores {2}\|.{12}@o{38}\|/);
    expect(stderr).toMatch(/cred, life 2, sealed, \d+ stores: allocated \(cred_create/);
  });

  it('writes events', async () => {
    const args = argumentsFor('private', 'second-init', '--json', '--objects');
    const run = new JsonRun(await runSealscope(args), args);
    const broken = run.events.filter((event) => event.event === 'writeOnce');
    expect(broken.map(({ check }) => check)).toEqual(['second-init']);
    expect(broken[0]).toMatchObject({ function: 'cred_setup', object: { size: 80, cache: 'cred' } });
    const [summary] = run.events.filter((event) => event.event === 'writeOnceSummary');
    expect(summary).toMatchObject({ fragmentation: { pages: 1, heldByOne: 0, liveObjects: 2 } });
    expect(summary?.objects?.map(({ lives }) => lives)).toEqual([1, 1]);
  });

  it('is a gate for CI', async () => {
    const gate = (variant: string): Promise<number | undefined> =>
      runSealscope(argumentsFor(variant, 'none', '--fail-on-sealed-write')).then(({ status }) => status);
    expect([await gate('private'), await gate('shared')]).toEqual([0, 3]);
  });

  it('reads specifications from a file', async () => {
    const file = join(folder, 'slab.json');
    writeFileSync(file, '[]');
    const { stderr } = await runSealscope(argumentsFor('shared', 'none', '--write-once', file));
    expect(stderr).not.toContain('visible-to-other-harts');

    writeFileSync(file, '[{"alloc": {"function": "kmem_cache_alloc"}}]');
    const bad = await runSealscope(argumentsFor('shared', 'none', '--write-once', file));
    expect(bad.status).toBe(2);
    expect(bad.stderr).toContain('"writeOnce[0].alloc.size" is missing, but has to be a non-empty text');

    const missing = await runSealscope(argumentsFor('shared', 'none', '--write-once', `${file}.txt`));
    expect(missing.status).toBe(2);
    expect(missing.stderr.trim().split('\n').length).toBe(1);
  });
});
