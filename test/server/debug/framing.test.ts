/** The decoder finds every message however the bytes arrive, and goes on after anything it cannot read. */
import { describe, expect, it } from 'vitest';
import {
  encodeMessage,
  MAX_MESSAGE_BYTES,
  MessageDecoder,
  type Decoded,
} from '../../../server/debug/framing.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const good = (seq: number) => ({ seq, type: 'request', command: 'threads' });
const framed = (seq: number) => new TextDecoder().decode(encodeMessage(good(seq)));

function decode(stream: Uint8Array, pieces: number): Decoded[] {
  const decoder = new MessageDecoder();
  const found: Decoded[] = [];
  for (let at = 0; at < stream.length; at += pieces)
    found.push(...decoder.push(stream.subarray(at, at + pieces)));
  return found;
}

const messages = (found: readonly Decoded[]) =>
  found.flatMap((decoded) => (decoded.kind === 'message' ? [decoded.message] : []));
const problems = (found: readonly Decoded[]) => found.filter(({ kind }) => kind === 'problem');

describe('messages', () => {
  const umlauts = { seq: 2, type: 'request', command: 'evaluate', arguments: { expression: 'größe → 𝄞' } };
  const stream = new Uint8Array([
    ...encodeMessage(good(1)),
    ...encodeMessage(umlauts),
    ...encodeMessage(good(3)),
  ]);

  it.each([1, 2, 3, 7, 50, 100_000])('arrive whole from pieces of %i bytes', (pieces) => {
    expect(decode(stream, pieces)).toEqual(
      [good(1), umlauts, good(3)].map((message) => ({ kind: 'message', message })),
    );
  });

  it('may have other header fields, and any case', () => {
    const body = JSON.stringify(good(1));
    const found = decode(bytes(`Content-Type: dap\r\ncontent-length:${body.length}\r\n\r\n${body}`), 5);
    expect(found).toEqual([{ kind: 'message', message: good(1) }]);
  });

  it('of a megabyte arrive from a pipe in pieces', () => {
    const large = {
      seq: 1,
      type: 'request',
      command: 'writeMemory',
      arguments: { data: 'A'.repeat(1 << 20) },
    };
    expect(messages(decode(encodeMessage(large), 65_536))).toEqual([large]);
  });
});

const body = '{"seq":7,"type":"request","command":"threads"';
const unreadable = {
  'a length that is no number': `Content-Length: many\r\n\r\n`,
  'a negative length': `Content-Length: -5\r\n\r\n`,
  'a length in hexadecimal': `Content-Length: 0x10\r\n\r\n`,
  'a length beyond the limit': `Content-Length: ${MAX_MESSAGE_BYTES + 1}\r\n\r\n`,
  'no length at all': `Content-Type: dap\r\n\r\n{}`,
  'a line of text': 'GET / HTTP/1.1\r\n\r\n',
  'text without end': 'x'.repeat(5000),
  'a header without end': `Content-Length: 5${'\r\nX: y'.repeat(1000)}`,
  'a body that is cut off': `Content-Length: ${body.length}\r\n\r\n${body}`,
  'a body longer than its length': `Content-Length: 5\r\n\r\n${body}}`,
  'an empty body': 'Content-Length: 0\r\n\r\n',
  'bytes that are no UTF-8': 'Content-Length: 3\r\n\r\n\u0000\u0001\u0002',
};

describe.each(Object.entries(unreadable))('%s', (_name, text) => {
  it.each([1, 3, 10_000])(
    'is reported once, and the next message is found (pieces of %i bytes)',
    (pieces) => {
      const found = decode(bytes(`${text}${framed(1)}${framed(2)}`), pieces);
      expect(messages(found)).toEqual([good(1), good(2)]);
      expect(problems(found)).toHaveLength(1);
    },
  );
});

it('a broken body still tells whose request it was', () => {
  const [found] = decode(bytes(`Content-Length: ${body.length}\r\n\r\n${body}`), 1000);
  expect(found).toMatchObject({ kind: 'problem', seq: 7, command: 'threads' });
});
