/** A guest whose handler runs a refused store again is asked about it once, and about the next one anew. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openGuest } from './guest.ts';

let directory: string;
let program: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealscope-retry-'));
  program = join(directory, 'retry.elf');
  execFileSync('riscv64-linux-gnu-gcc', [
    ...['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-nostdlib', '-static', '-no-pie', '-g'],
    ...['-Wl,--build-id=none,-N,--no-relax,--no-warn-rwx-segments,-Ttext=0x80000000'],
    ...['-o', program, fileURLToPath(new URL('fixtures/retry.S', import.meta.url))],
  ]);
});
afterAll(() => rmSync(directory, { recursive: true }));

const open = (onSealedWrite: 'ask' | 'oops') =>
  openGuest({ program, harts: 1, firmware: 'none', sealed: ['0x40000000..0x40100000'], onSealedWrite });

it('a store that the handler runs again is one refusal, the next round another', async () => {
  const { session } = await open('ask');
  for (const newValue of [2n, 1n])
    expect(await session.run.continue()).toMatchObject({
      refused: { place: { function: 'store' }, newValue },
    });
  expect(await session.run.continue()).toMatchObject({ kind: 'exit', reason: 'pass' });
  expect(session.seals.findings).toMatchObject([{ count: 2, actions: [{ action: 'oops', count: 2 }] }]);
});

it('so it is under a policy', async () => {
  const { session } = await open('oops');
  await session.run.continue();
  expect(session.seals.findings).toMatchObject([{ count: 2 }]);
});
