/** The same refused store under other regions, other firmware, and with less knowledge of the image. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RefusedStore, RunResult } from '../../../server/session/index.ts';
import { SAMPLE } from '../sealing/sample.ts';
import { eventsOf, openGuest } from './guest.ts';

const OPENSBI = '/usr/lib/riscv64-linux-gnu/opensbi/generic';
const folder = mkdtempSync(join(tmpdir(), 'sealscope-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the sample that objcopy has changed. */
function copyOf(name: string, ...options: string[]): string {
  const path = join(folder, name);
  execFileSync('riscv64-linux-gnu-objcopy', [...options, SAMPLE, path]);
  return path;
}

function refusedOf(result: RunResult): RefusedStore {
  if (result.kind !== 'stop' || result.refused === undefined)
    throw new Error(`no refused store: ${result.reason}`);
  return result.refused;
}

describe('regions of the launch configuration', () => {
  it('a single symbol: the rest of its page is sealed with it, and is told apart', async () => {
    const guest = await openGuest({ commandLine: 'scenario=neighbour pages=4k', sealed: ['cpu_caps'] });
    const refused = refusedOf(await guest.session.run.continue());
    expect(refused).toMatchObject({
      region: { name: 'cpu_caps', origin: 'configuration', source: 'cpu_caps' },
      object: { symbol: 'suspend_stats', inRegion: false },
      classification: 'neighbour',
    });
    expect(refused.neighbours.filter(({ inRegion }) => inRegion).map(({ name }) => name)).toEqual([
      'cpu_caps',
    ]);
    expect(eventsOf(guest, 'seal')).toMatchObject([
      { change: { kind: 'sealed', regions: [{ name: 'cpu_caps' }] } },
    ]);
  });

  it('several regions are sealed by one event when one store ends it for all', async () => {
    const guest = await openGuest({
      commandLine: 'scenario=none pages=2m',
      sealed: ['.data..ro_after_init', 'ro=.rodata'],
    });
    await guest.session.run.continue();
    const [seal, ...more] = eventsOf(guest, 'seal');
    expect(more).toEqual([]);
    expect(seal?.change.regions.map(({ name }) => name)).toEqual(['.data..ro_after_init', 'ro']);
  });

  it('a region that is never sealed stays open, with its holes', async () => {
    const { session } = await openGuest({ commandLine: 'scenario=none pages=2m', sealed: ['cpus'] });
    await session.run.continue();
    const [status] = session.seals.status();
    expect(status).toMatchObject({ state: 'open', sealedFirst: undefined });
    expect(status?.holes[0]).toMatchObject({
      why: 'page-table',
      mapping: { kind: 'kernel', size: 1n << 21n },
    });
  });
});

describe('less knowledge', () => {
  it('no symbols at all: sections and page tables still tell what was refused', async () => {
    const program = copyOf('stripped.elf', '--strip-all');
    const { session } = await openGuest({ program, commandLine: 'scenario=resume pages=4k', sealed: [] });
    const refused = refusedOf(await session.run.continue());
    expect(refused.region).toMatchObject({ name: 'ro_after_init', origin: 'preset', source: 'sections' });
    expect(refused).toMatchObject({
      redundant: true,
      oldValue: 0x15n,
      newValue: 0x15n,
      object: undefined,
      members: [],
    });
    expect(refused.place).toMatchObject({ function: '', offset: 0 });
    expect(refused.story).toContain('0x15 → 0x15');
    expect(session.modules[0]?.symbols).toBe('none');
  });

  it('symbols without debug information: names, but no members', async () => {
    const program = copyOf('nodebug.elf', '--strip-debug');
    const { session } = await openGuest({ program, commandLine: 'scenario=resume pages=4k' });
    const refused = refusedOf(await session.run.continue());
    expect(refused).toMatchObject({
      object: { symbol: 'cpu_caps', path: 'cpu_caps+0x38', offset: 56 },
      members: [],
    });
    expect(refused.place).toMatchObject({ function: 'cpu_detect_features', file: undefined });
    expect(session.modules[0]?.symbols).toBe('symbol table');
    expect(session.breakpoints.setSource('smp.c', [{ line: 1 }])).toMatchObject([
      { verified: false, message: 'the image has no debug information' },
    ]);
  });

  it('symbols from another file than the one that runs', async () => {
    const program = copyOf('run.elf', '--strip-all');
    const { session } = await openGuest({
      program,
      symbols: SAMPLE,
      commandLine: 'scenario=resume pages=4k',
    });
    expect(refusedOf(await session.run.continue()).object?.path).toBe('cpu_caps.features[2].bits');
  });

  it('a kernel of no known kind: what is refused is named after its section', async () => {
    const program = copyOf(
      'unknown.elf',
      '--redefine-sym=__start_rodata=ro_begin',
      '--redefine-sym=_data=ro_end',
      '--rename-section=.data..ro_after_init=.sealed',
      '--rename-section=.rodata=.const',
    );
    const guest = await openGuest({ program, commandLine: 'scenario=resume pages=4k' });
    expect(guest.session.seals.regions).toEqual([]);
    const refused = refusedOf(await guest.session.run.continue());
    expect(refused).toMatchObject({
      region: { name: '.sealed', origin: 'observed' },
      object: { path: 'cpu_caps.features[2].bits' },
      sealedBy: undefined,
    });
    guest.session.seals.choose('retry');
    await guest.session.run.stepIn(1, 'instruction');
    expect(guest.session.seals.degraded).toBe(true);
    expect(guest.session.seals.status().find(({ region }) => region.name === '.sealed')?.state).toBe(
      'degraded',
    );
  });
});

describe('firmware of others', () => {
  it.each(['fw_jump.elf', 'fw_dynamic.bin'])('OpenSBI, %s: the same story', async (file) => {
    const guest = await openGuest({
      commandLine: 'scenario=resume pages=2m',
      firmware: `${OPENSBI}/${file}`,
    });
    const { session } = guest;
    const refused = refusedOf(await session.run.continue());
    expect(guest.output()).toContain('OpenSBI');
    expect(refused).toMatchObject({
      hart: 1,
      redundant: true,
      object: { path: 'cpu_caps.features[2].bits' },
    });
    expect(refused.root.text).toMatch(/^hart 1 started by hart 0 at step [\d,]+ from cpu_up \(smp\.c:\d+\)$/);
    expect(eventsOf(guest, 'seal')).toMatchObject([{ change: { kind: 'sealed' } }]);
    session.seals.choose('write-once');
    expect(await session.run.continue()).toMatchObject({ kind: 'exit', status: 0 });
    expect(guest.output()).toContain('resume: done, cpu_caps.features[2].bits=0x15');
  });
});
