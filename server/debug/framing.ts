/**
 * The protocol's framing over a byte stream: `Content-Length: N`, an empty line, N bytes of JSON. The decoder never
 * throws and never gets stuck: what it cannot read it reports, and goes on at the next header.
 * Only a stream that anybody can open, a socket, is cut off where its sender speaks something else: a web page can post
 * to a loopback port, and what it posts must not become a message by our looking for one inside it.
 * Portable; hosts feed it from a pipe or a socket.
 */

/** One thing found in the stream. A problem carries the request's seq and command if they can still be told. */
export type Decoded =
  | { readonly kind: 'message'; readonly message: unknown }
  | { readonly kind: 'problem'; readonly problem: string; readonly seq?: number; readonly command?: string };

/** Larger messages are refused: nothing in the protocol comes near (writeMemory of a few MiB is the largest). */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const MAX_HEADER_BYTES = 4096;
const HEADER_END = [13, 10, 13, 10];
/** A request line as in RFC 9112, section 3. */
const HTTP_LINE = /^[A-Z]+ .*HTTP\//m;
const LENGTH_FIELD = Array.from(new TextEncoder().encode('Content-Length'));

export function encodeMessage(message: unknown): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(message));
  const header = new TextEncoder().encode(`Content-Length: ${body.length}\r\n\r\n`);
  const framed = new Uint8Array(header.length + body.length);
  framed.set(header);
  framed.set(body, header.length);
  return framed;
}

/**
 * `lenient` goes on after anything. `guarded` wants `Content-Length:` first of all, never looks for a header before a
 * first message was read whole, and has enough of a sender who speaks HTTP at any time.
 */
export type Trust = 'lenient' | 'guarded';

export class MessageDecoder {
  readonly #trust: Trust;
  /** Received and not yet decoded: the bytes from #start to #end of a buffer that doubles when it is full. */
  #buffer = new Uint8Array(MAX_HEADER_BYTES);
  #start = 0;
  #end = 0;
  /** Bytes of the body being collected, or undefined while a header is. */
  #bodyLength: number | undefined;
  /** True after something unreadable: skip to what looks like the next header. */
  #lost = false;
  /** True after the first message that was read whole. */
  #acquainted = false;
  #refusal: string | undefined;

  constructor(trust: Trust = 'lenient') {
    this.#trust = trust;
  }

  /** Why nothing more is decoded: the sender of a guarded stream is no client. The connection is to be closed. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Adds bytes (copied) and returns what they complete, in order. */
  push(bytes: Uint8Array): Decoded[] {
    if (this.#refusal !== undefined) return [];
    this.#append(bytes);
    const found: Decoded[] = [];
    while (this.#step(found));
    return found;
  }

  #append(bytes: Uint8Array): void {
    const pending = this.#pending();
    const needed = pending.length + bytes.length;
    const target = needed > this.#buffer.length ? new Uint8Array(2 * needed) : this.#buffer;
    if (target !== this.#buffer || this.#start > 0) target.set(pending);
    target.set(bytes, pending.length);
    this.#buffer = target;
    this.#start = 0;
    this.#end = needed;
  }

  #pending(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Makes progress once; false if more bytes are needed. */
  #step(found: Decoded[]): boolean {
    if (this.#refusal !== undefined) return false;
    if (this.#bodyLength !== undefined) return this.#body(this.#bodyLength, found);
    if (this.#lost) this.#skipToHeader();
    return !this.#lost && this.#header(found);
  }

  #header(found: Decoded[]): boolean {
    const pending = this.#pending();
    if (this.#cautious && !beginsWithLength(pending)) {
      this.#refuse(`it begins with ${quote(pending)}, not with "Content-Length:"`);
      return false;
    }
    const end = indexOf(pending, HEADER_END);
    if (end > MAX_HEADER_BYTES || (end < 0 && pending.length > MAX_HEADER_BYTES)) {
      this.#lose(found, pending, `no header ends within ${MAX_HEADER_BYTES} bytes.`, 1);
      return true;
    }
    if (end < 0) return false;
    const header = new TextDecoder().decode(pending.subarray(0, end));
    if (this.#trust === 'guarded' && HTTP_LINE.test(header)) {
      this.#refuse(`${quote(pending)} is HTTP`);
      return false;
    }
    const field = header.split('\r\n').find((line) => /^content-length\s*:/i.test(line));
    const value = field?.slice(field.indexOf(':') + 1).trim();
    const length = value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
    if (length === undefined || length > MAX_MESSAGE_BYTES) {
      const skip = end + HEADER_END.length;
      const quoted = quote(pending.subarray(0, end));
      this.#lose(
        found,
        pending,
        `header ${quoted} has no Content-Length from 0 to ${MAX_MESSAGE_BYTES}.`,
        skip,
      );
      return true;
    }
    this.#start += end + HEADER_END.length;
    this.#bodyLength = length;
    return true;
  }

  #body(length: number, found: Decoded[]): boolean {
    const pending = this.#pending();
    if (pending.length < length) return false;
    const json = new TextDecoder().decode(pending.subarray(0, length));
    this.#start += length;
    this.#bodyLength = undefined;
    try {
      found.push({ kind: 'message', message: JSON.parse(json) as unknown });
      this.#acquainted = true;
    } catch (error) {
      if (this.#cautious) {
        this.#refuse('its first message is not JSON');
        return false;
      }
      found.push(problemIn(json, error instanceof Error ? error.message : String(error)));
      // A body that is no JSON often means a wrong Content-Length: the next header may not follow at once.
      this.#lost = true;
    }
    return true;
  }

  /** Nothing has told yet that the sender is a client, and anybody may be one. */
  get #cautious(): boolean {
    return this.#trust === 'guarded' && !this.#acquainted;
  }

  #refuse(why: string): void {
    this.#refusal = why;
    this.#buffer = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
  }

  #lose(found: Decoded[], pending: Uint8Array, problem: string, skip: number): void {
    const speaksHttp = this.#trust === 'guarded' && HTTP_LINE.test(new TextDecoder().decode(pending));
    if (this.#cautious || speaksHttp) {
      this.#refuse(problem);
      return;
    }
    found.push({ kind: 'problem', problem });
    this.#start += skip;
    this.#lost = true;
  }

  #skipToHeader(): void {
    const next = indexOf(this.#pending(), LENGTH_FIELD);
    // Without a header, keep what may be the beginning of one.
    this.#start = next >= 0 ? this.#start + next : Math.max(this.#start, this.#end - LENGTH_FIELD.length + 1);
    this.#lost = next < 0;
  }
}

/** A request's seq and command, if they stand in text that is not JSON. */
function problemIn(json: string, problem: string): Decoded {
  const seq = /"seq"\s*:\s*(\d{1,15})\b/.exec(json)?.[1];
  const command = /"command"\s*:\s*"([^"\\]{1,80})"/.exec(json)?.[1];
  return {
    kind: 'problem',
    problem: `it is not JSON: ${problem}.`,
    ...(seq === undefined ? {} : { seq: Number(seq) }),
    ...(command === undefined ? {} : { command }),
  };
}

/** True as long as it may become a header: the first bytes come in pieces. */
function beginsWithLength(bytes: Uint8Array): boolean {
  const field = 'content-length:';
  const begin = new TextDecoder().decode(bytes.subarray(0, field.length)).toLowerCase();
  return field.startsWith(begin);
}

/** For a message of one line. */
function quote(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 400));
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
}

function indexOf(haystack: Uint8Array, needle: readonly number[]): number {
  const first = needle[0]!;
  for (let at = haystack.indexOf(first); at >= 0; at = haystack.indexOf(first, at + 1)) {
    if (needle.every((byte, i) => haystack[at + i] === byte)) return at;
  }
  return -1;
}
