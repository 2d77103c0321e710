/** A client that does not read costs no memory: the guest waits for it, and so do further requests. */
import { PassThrough, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { serve } from '../../../server/debug/connection.node.ts';
import { encodeMessage } from '../../../server/debug/framing.ts';
import { assemble, restless } from './dap/guests.ts';

/** An output whose reader can stop reading: then it takes one piece, and keeps the rest waiting. */
class Reader extends Writable {
  text = '';
  reading = true;
  #next: (() => void) | undefined;

  override _write(bytes: Buffer, _encoding: string, next: () => void): void {
    this.text = (this.text + bytes.toString()).slice(-100_000);
    if (this.reading) next();
    else this.#next = next;
  }

  read(): void {
    this.reading = true;
    this.#next?.();
  }
}

function connection() {
  const input = new PassThrough();
  const output = new Reader();
  let ended = false;
  serve(input, output, { trust: 'guarded', log: () => undefined, onEnd: () => (ended = true) });
  let seq = 1;
  const ask = (command: string, args: unknown = {}) =>
    input.write(encodeMessage({ seq: seq++, type: 'request', command, arguments: args }));
  return { input, output, ask, ended: () => ended };
}

/** Goes on turn by turn of the event loop, however long one takes. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

const program = assemble('prints-to-nobody', restless['prints without end'].join('\n'));

it('a guest that floods the console waits, and goes on when it is read', async () => {
  const { output, ask, ended } = connection();
  ask('initialize', { adapterID: 'sealscope' });
  ask('launch', { program });
  ask('configurationDone');
  await until(() => output.text.includes('xxxx'));
  output.reading = false;
  await until(() => output.writableNeedDrain);
  await turns(20);
  const waiting = output.writableLength;
  expect(waiting).toBeLessThan(4 << 20);
  await turns(500);
  expect(output.writableLength).toBe(waiting);
  output.text = '';
  output.read();
  await until(() => output.text.includes('xxxx') && output.writableLength === 0);
  ask('disconnect');
  await until(ended);
});

it('requests wait too when nobody reads their answers', async () => {
  const { input, output, ask, ended } = connection();
  output.reading = false;
  for (let request = 0; request < 20_000; request++) {
    ask('fly');
    // As from a socket: a piece in a turn, and answers in between.
    if (request % 100 === 0) await turns(1);
  }
  await turns(20);
  const waiting = output.writableLength;
  expect(waiting).toBeLessThan(1 << 20);
  expect(input.readableLength).toBeGreaterThan(0);
  await turns(100);
  expect(output.writableLength).toBe(waiting);
  output.read();
  ask('disconnect');
  await until(ended);
});
