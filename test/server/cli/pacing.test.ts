/** A run whose output is not read: it waits, and what it has printed does not pile up. */
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { pacedBy } from '../../../server/cli/pacing.ts';
import { openSession, type Session } from '../../../server/session/index.ts';
import { nodeHost } from '../../../server/session/nodeHost.node.ts';
import { assemble } from './guests.ts';
import { startSealscope } from './sealscope.ts';

const image = assemble('talking.elf', `.globl _start\n_start: li t0, 0x10000000\n1: sb t0, 0(t0)\nj 1b\n`);
const maxSteps = 400_000n;
const bound = 2 ** 20;

/** Takes nothing until it is told to read. */
class SlowReader extends Writable {
  taken = 0;
  largest = 0;
  #reads = false;
  #resume: (() => void) | undefined;

  read(): void {
    this.#reads = true;
    this.#resume?.();
  }

  override _write(chunk: Uint8Array, _: BufferEncoding, done: () => void): void {
    this.taken += chunk.length;
    if (this.#reads) done();
    else this.#resume = done;
  }
}

async function talkTo(reader: SlowReader, ending: AbortSignal): Promise<Session> {
  const host = pacedBy([reader], nodeHost(), ending);
  const session = await openSession({ program: image, maxSteps }, host);
  session.console.end();
  session.listen((event) => {
    if (event.type !== 'console') return;
    reader.write(event.bytes);
    reader.largest = Math.max(reader.largest, reader.writableLength);
  });
  ending.addEventListener('abort', () => session.run.pause());
  return session;
}

/** More turns of the event loop than a run that does not wait would need to go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await setImmediate();
}

it('waits until its output is read, and prints all of it', async () => {
  const reader = new SlowReader();
  const session = await talkTo(reader, new AbortController().signal);
  const result = session.run.continue();
  while (!reader.writableNeedDrain) await setImmediate();
  await turns();
  const { step } = session.run;
  await turns();
  expect(session.run.step).toBe(step);
  expect(step).toBeLessThan(maxSteps);
  reader.read();
  expect(await result).toMatchObject({ kind: 'exit', reason: 'limit', step: maxSteps });
  reader.end();
  await once(reader, 'finish');
  // One instruction sets the address up, then every other one prints.
  expect(reader.taken).toBe(Number(maxSteps) / 2);
  expect(reader.largest).toBeLessThan(bound);
  session.close();
});

it('can be ended while it waits', async () => {
  const reader = new SlowReader();
  const ending = new AbortController();
  const session = await talkTo(reader, ending.signal);
  const result = session.run.continue();
  while (!reader.writableNeedDrain) await setImmediate();
  await turns();
  ending.abort();
  expect((await result).kind).toBe('stop');
  session.close();
});

it('a signal ends the process though nobody reads what it prints', async () => {
  const child = startSealscope(['run', image]);
  await once(child.stdout!, 'readable');
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(130);
  child.stdout!.destroy();
});
