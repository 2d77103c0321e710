/** The disk's file: as it was, unless the user asked for what the guest writes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openGuest } from './guest.ts';

const [SECTOR, SECTORS] = [512, 20];
const directory = mkdtempSync(join(tmpdir(), 'sealscope-disk-'));
const [program, disk] = [join(directory, 'disk.elf'), join(directory, 'disk.img')];
/** The last sector is cut off, and stays so. */
const before = Buffer.alloc(SECTOR * SECTORS - 100, '.');

beforeAll(() => {
  execFileSync('riscv64-linux-gnu-gcc', [
    ...['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-nostdlib', '-static', '-no-pie', '-g'],
    ...['-Wl,--build-id=none,-N,--no-relax,--no-warn-rwx-segments,-Ttext=0x80000000'],
    ...['-o', program, fileURLToPath(new URL('fixtures/disk.S', import.meta.url))],
  ]);
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => writeFileSync(disk, before));

async function ran(saveDisk: boolean | undefined): Promise<Buffer> {
  const { session } = await openGuest({
    program,
    disk,
    harts: 1,
    ...(saveDisk === undefined ? {} : { saveDisk }),
  });
  expect(await session.run.continue()).toMatchObject({ kind: 'exit', reason: 'pass' });
  expect(readFileSync(disk)).toEqual(before);
  session.close();
  return readFileSync(disk);
}

it('stays as it was', async () => {
  expect(await ran(undefined)).toEqual(before);
});

it('has what the guest wrote once the session ends, if it is to be saved', async () => {
  const expected = Buffer.from(before);
  expected.fill(0, 3 * SECTOR, 4 * SECTOR);
  expected.write('sealed', 3 * SECTOR);
  expect(await ran(true)).toEqual(expected);
});

it('that cannot be written is one clear error before anything runs', async () => {
  await expect(openGuest({ program, disk: directory, saveDisk: true })).rejects.toThrow(
    /"saveDisk": cannot write to .*: (EISDIR|it is a directory)/,
  );
});
