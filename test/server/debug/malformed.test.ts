/** Whatever comes over the wire, each request gets one answer, and the next good one works. Over a real process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorIds } from '../../../server/debug/errors.ts';
import { Client, errorText } from './dap/client.ts';
import { overStdio, overTcp } from './dap/wire.ts';

const framed = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** [what is wrong, message, seq of the answer, its error, and what its text says]. */
const answered: readonly [string, unknown, number, number, RegExp][] = [
  ['no type', { seq: 1, command: 'threads' }, 1, errorIds.malformedMessage, /'message.type' is missing/],
  [
    'an unknown type',
    { seq: 2, type: 'demand', command: 'threads' },
    2,
    errorIds.malformedMessage,
    /"demand"/,
  ],
  ['no command', { seq: 3, type: 'request' }, 3, errorIds.malformedMessage, /'message.command' is missing/],
  [
    'a command that is no string',
    { seq: 4, type: 'request', command: 7 },
    4,
    errorIds.malformedMessage,
    /'message.command' is 7/,
  ],
  ['an unknown command', { seq: 5, type: 'request', command: 'fly' }, 5, errorIds.unknownCommand, /'fly'/],
  [
    'the name of a member of Object',
    { seq: 6, type: 'request', command: 'constructor' },
    6,
    errorIds.unknownCommand,
    /'constructor'/,
  ],
  [
    'a request before initialize',
    { seq: 7, type: 'request', command: 'threads' },
    7,
    errorIds.wrongState,
    /before 'initialize'/,
  ],
  [
    'arguments that are no object',
    { seq: 8, type: 'request', command: 'initialize', arguments: 'x' },
    8,
    errorIds.badArguments,
    /must be an object/,
  ],
  [
    'an argument of a wrong type',
    { seq: 9, type: 'request', command: 'initialize', arguments: { linesStartAt1: 1 } },
    9,
    errorIds.badArguments,
    /'linesStartAt1' is 1; it must be true or false/,
  ],
  [
    'a path format nobody knows',
    { seq: 10, type: 'request', command: 'initialize', arguments: { pathFormat: 'dos' } },
    10,
    errorIds.badArguments,
    /'pathFormat' is "dos"/,
  ],
];

/** Nothing to answer: only the log tells. */
const logged: readonly [string, string, RegExp][] = [
  ['null', framed('null'), /must be an object/],
  ['a list', framed('[]'), /must be an object/],
  ['a number', framed('42'), /must be an object/],
  ['no seq', framed('{"type":"request","command":"threads"}'), /'message.seq' is missing/],
  [
    'a seq that is no number',
    framed('{"seq":"1","type":"request","command":"threads"}'),
    /'message.seq' is "1"/,
  ],
  [
    'a response to nothing',
    framed('{"seq":1,"type":"response","request_seq":9,"success":true,"command":"x"}'),
    /'message.type' is "response"/,
  ],
  ['an event', framed('{"seq":1,"type":"event","event":"stopped"}'), /'message.type' is "event"/],
  ['no JSON', framed('{"type":'), /not JSON/],
  ['a bad length', 'Content-Length: x\r\n\r\n', /Content-Length/],
];

/** On a pipe, which only its owner can write to, this is noise like any other. */
const httpLine = ['a line of another protocol', 'GET / HTTP/1.1\r\n\r\n', /Content-Length/] as const;

/** First bytes on a port that web pages can reach: [what, bytes, what the log says]. */
const smuggled = framed('{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"x"}}');
const post = `POST / HTTP/1.1\r\nOrigin: http://evil.example\r\nContent-Length: ${smuggled.length}\r\n\r\n`;
const strangers: readonly [string, string, RegExp][] = [
  ['a posted message', `${post}${smuggled}`, /begins with "POST \//],
  [
    'a message behind a long URL',
    `POST /${'a'.repeat(4200)}Content-Length:x HTTP/1.1\r\n\r\n\r\n${smuggled}`,
    /begins with "POST \/aaa/,
  ],
  ['a request line behind the length', `Content-Length: 5\r\nGET / HTTP/1.1\r\n\r\n${smuggled}`, /is HTTP/],
  ['an empty line', `\r\n${smuggled}`, /begins with/],
  ['another header field', `Content-Type: dap\r\n${smuggled}`, /begins with "Content-Type/],
  ['a length that is none', `Content-Length: x\r\n\r\n${smuggled}`, /Content-Length/],
  ['a header without end', `Content-Length: 5${'\r\nX: y'.repeat(1000)}${smuggled}`, /no header ends/],
  ['a first message that is no JSON', `${framed('name=value')}${smuggled}`, /not JSON/],
];

/** After `initialize`, before `launch`. */
const early: readonly [string, Record<string, unknown> | undefined, number, RegExp][] = [
  ['initialize', {}, errorIds.wrongState, /second time/],
  ['threads', undefined, errorIds.wrongState, /Nothing has been launched/],
  ['continue', { threadId: 1 }, errorIds.wrongState, /Nothing has been launched/],
  ['pause', { threadId: 1 }, errorIds.wrongState, /Nothing has been launched/],
  ['restart', {}, errorIds.wrongState, /Nothing has been launched/],
  ['attach', {}, errorIds.notPossible, /launch/],
  ['sealscope/seals', {}, errorIds.wrongState, /Nothing has been launched/],
  ['gotoTargets', {}, errorIds.unknownCommand, /gotoTargets/],
];

describe.each([
  ['stdio', () => Promise.resolve(overStdio()), [...logged, httpLine]],
  ['TCP', overTcp, logged],
])('over %s', (_name, open, passedOver) => {
  let client: Client;
  beforeAll(async () => {
    client = new Client(await open());
  });
  afterAll(() => {
    client.wire.drop();
  });

  it.each(answered)('%s', async (_what, message, seq, id, text) => {
    const response = await client.raw(framed(JSON.stringify(message)), seq);
    expect(response).toMatchObject({ request_seq: seq, success: false, body: { error: { id } } });
    expect(response.message).toMatch(text);
  });

  it('a broken body that still tells its seq', async () => {
    const response = await client.raw(framed('{"seq":77,"type":"request","command":"threads",}'), 77);
    expect(response).toMatchObject({
      success: false,
      command: 'threads',
      body: { error: { id: errorIds.malformedMessage } },
    });
  });

  it.each(passedOver)('%s', async (_what, bytes, text) => {
    void client.raw(bytes);
    await client.wire.log.says(text);
    // The answer to a request behind it proves that it was passed over.
    await client.raw(framed('{"seq":500,"type":"request","command":"threads"}'), 500);
  });

  it('and then a session begins', async () => {
    const response = await client.raw(
      framed('{"seq":600,"type":"request","command":"initialize","arguments":{"adapterID":"sealscope"}}'),
      600,
    );
    expect(response.success).toBe(true);
  });

  it.each(early)('%s before launch', async (command, args, id, text) => {
    const body = JSON.stringify({ seq: 700, type: 'request', command, arguments: args });
    const response = await client.raw(framed(body), 700);
    expect(response).toMatchObject({ success: false, body: { error: { id } } });
    expect(errorText((response.body as { error: { format: string; id: number } }).error)).toMatch(text);
  });

  it('cancelling what was never asked for is no error', async () => {
    const response = await client.raw(
      framed('{"seq":800,"type":"request","command":"cancel","arguments":{"requestId":12345}}'),
      800,
    );
    expect(response.success).toBe(true);
  });

  it('disconnect is answered, and the connection ends', async () => {
    const response = await client.raw(framed('{"seq":900,"type":"request","command":"disconnect"}'), 900);
    expect(response.success).toBe(true);
    expect(await client.wire.closed).not.toBe(1);
  });
});

describe.each([
  ['one piece', (bytes: string) => [bytes]],
  ['single bytes', (bytes: string) => Array.from(bytes.slice(0, 40)).concat(bytes.slice(40))],
])('over TCP, in %s', (_name, pieces) => {
  it.each(strangers)('%s closes the connection unanswered', async (_what, bytes, text) => {
    const wire = await overTcp();
    let answer = '';
    wire.onData((data) => (answer += new TextDecoder().decode(data)));
    for (const piece of pieces(bytes)) wire.write(piece);
    await wire.closed;
    expect(wire.log.text).toMatch(text);
    expect(wire.log.text.trimEnd()).not.toContain('\n');
    expect(answer).toBe('');
  });
});

it('a client that begins to speak HTTP loses the connection', async () => {
  const wire = await overTcp();
  wire.onData(() => undefined);
  wire.write(`${smuggled}${post}${smuggled}`);
  await wire.closed;
  expect(wire.log.text).toMatch(/is HTTP/);
});

it('a client that goes without a word leaves no process behind', async () => {
  const wire = overStdio();
  wire.drop();
  expect(await wire.closed).toBe(0);
});
