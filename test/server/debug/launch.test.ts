/** Unusable input: one clear error that names the thing, and a session that is over. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorIds } from '../../../server/debug/errors.ts';
import { sample, scenario } from './dap/guests.ts';
import { connected } from './dap/start.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealscope-launch-'));
const file = (name: string, bytes: Uint8Array | string) => {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
};
const elf = readFileSync(sample);

/** [what is wrong, attributes, what the message has to say]. */
const attributes: readonly [string, Record<string, unknown>, RegExp][] = [
  ['no program', {}, /program/],
  ['a program that is no text', { program: 5 }, /program.*5/],
  ['no harts', scenario('resume', { harts: 0 }), /harts.*0.*1 to 8/],
  ['too many harts', scenario('resume', { harts: 9 }), /harts.*9.*1 to 8/],
  ['harts as text', scenario('resume', { harts: '2' }), /harts.*"2"/],
  ['memory that is no size', scenario('resume', { memory: 'lots' }), /memory.*lots/],
  ['memory beyond reason', scenario('resume', { memory: '4096G' }), /memory|4096G/],
  ['memory of nothing', scenario('resume', { memory: 0 }), /memory/],
  ['an unknown policy', scenario('resume', { onSealedWrite: 'panic' }), /onSealedWrite.*panic.*ask/],
  ['an unknown paging mode', scenario('resume', { mmu: 'sv32' }), /mmu.*sv32.*sv39/],
  ['rodata that is neither on nor off', scenario('resume', { rodata: true }), /rodata.*true.*on/],
  ['a seal that names nothing', scenario('resume', { sealed: ['no_such_symbol'] }), /no_such_symbol/],
  ['a list that is none', scenario('resume', { sealed: '.rodata' }), /sealed.*list/],
  ['a misspelt attribute', scenario('resume', { hart: 2 }), /hart.*did you mean "harts"/],
  ['a source map that is none', scenario('resume', { sourceMap: ['a'] }), /sourceMap/],
];

const images: readonly [string, () => Record<string, unknown>, RegExp][] = [
  ['a missing file', () => ({ program: join(directory, 'missing.elf') }), /missing\.elf/],
  ['a directory', () => ({ program: directory }), /sealscope-launch/],
  ['an empty file', () => ({ program: file('empty', '') }), /empty/],
  ['no ELF', () => ({ program: file('text.txt', 'hello '.repeat(100)) }), /text\.txt/],
  ['an ELF for this host', () => ({ program: process.execPath }), /RISC-V/],
  ['an ELF that is cut off', () => ({ program: file('cut.elf', elf.subarray(0, 200)) }), /cut\.elf/],
  ['a missing initrd', () => scenario('resume', { initrd: join(directory, 'no.cpio') }), /no\.cpio/],
  ['symbols that are missing', () => scenario('resume', { symbols: join(directory, 'vmlinux') }), /vmlinux/],
  ['firmware that is missing', () => scenario('resume', { firmware: join(directory, 'fw.bin') }), /fw\.bin/],
];

async function expectRefused(args: Record<string, unknown>, id: number, text: RegExp): Promise<void> {
  const client = await connected();
  const error = await client.expectError('launch', args);
  expect(error.format).toMatch(text);
  expect(error.format).not.toMatch(/\n/);
  expect(error).toMatchObject({ id, showUser: true });
  await client.expectTerminated();
  await client.disconnect();
}

describe('attributes', () => {
  it.each(attributes)('%s', async (_what, args, text) => {
    const id = text.source.includes('no_such_symbol') ? errorIds.cannotStart : errorIds.launchAttribute;
    await expectRefused(args, id, text);
  });
});

describe('images', () => {
  it.each(images)('%s', async (_what, args, text) => {
    await expectRefused(args(), errorIds.cannotStart, text);
  });
});

it('an image without symbols runs, and what needs symbols says so', async () => {
  const stripped = join(directory, 'stripped.elf');
  execFileSync('riscv64-linux-gnu-strip', ['-o', stripped, sample]);
  const client = await connected();
  await client.request('launch', scenario('resume', { program: stripped, stopOnEntry: true }));
  await client.expectInitialized();
  await client.request('configurationDone', {});
  await client.expectStopped('entry');
  const { breakpoints } = await client.request('setFunctionBreakpoints', {
    breakpoints: [{ name: 'start_kernel' }],
  });
  expect(breakpoints[0]).toMatchObject({ verified: false });
  expect(breakpoints[0]!.message).toMatch(/start_kernel|symbol/);
  const { stackFrames } = await client.request('stackTrace', { threadId: 1 });
  expect(stackFrames[0]!.name).toMatch(/^0x/);
  await client.disconnect();
});

it('what clients add of their own is passed over', async () => {
  const client = await connected();
  await client.request('launch', {
    ...scenario('resume'),
    type: 'sealscope',
    request: 'launch',
    name: 'Kernel',
    __configurationTarget: 6,
    __sessionId: 'x',
    __restart: true,
    internalConsoleOptions: 'neverOpen',
    preLaunchTask: 'make',
  });
  await client.expectInitialized();
  await client.disconnect();
});
