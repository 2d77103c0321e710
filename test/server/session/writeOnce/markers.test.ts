/** A guest that marks what it does with its objects, and one that does not. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readWriteOnceSpecs } from '../../../../server/sealing/writeOnce/specification.ts';
import { openGuest } from '../guest.ts';
import { runToEnd, SLAB } from './slab.ts';

const writeOnce = readWriteOnceSpecs('writeOnce', [{ name: 'tickets', markers: true }]);

let directory: string;
let program: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealscope-markers-'));
  program = join(directory, 'markers.elf');
  execFileSync('riscv64-linux-gnu-gcc', [
    ...['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-nostdlib', '-static', '-no-pie', '-g'],
    ...['-Wl,--build-id=none,-N,--no-relax,--no-warn-rwx-segments,-Ttext=0x80000000'],
    ...['-o', program, fileURLToPath(new URL('../fixtures/writeOnceMarkers.S', import.meta.url))],
  ]);
});
afterAll(() => rmSync(directory, { recursive: true }));

it('markers make lanes and find broken rules', async () => {
  const guest = await openGuest({ program, harts: 1, firmware: 'none', writeOnce });
  await runToEnd(guest);
  const { writeOnce: found } = guest.session;
  expect(found.violations.map(({ check, memory }) => `${memory} ${check}`)).toEqual([
    'tickets second-init',
    'tickets use-after-free',
  ]);
  const [object] = found.objects;
  expect(object).toMatchObject({ cache: 'ticket', size: 32, state: 'freed', lives: 1, stores: 2 });
  expect(object?.events.map(({ kind }) => kind)).toEqual([
    ...['allocated', 'initialising', 'sealed'],
    ...['violation', 'initialising', 'sealed', 'freed', 'violation'],
  ]);
  guest.session.close();
});

it('an image without markers is told so', async () => {
  await expect(openGuest({ program: SLAB, writeOnce })).rejects.toThrow(
    /"writeOnce\[0\]" has "markers", but the image has none; docs\/write-once\.md/,
  );
});
