const decoder = new TextDecoder();

/** The NUL-terminated UTF-8 string at `start`; undefined when `start` is outside or no NUL follows. */
export function decodeString(bytes: Uint8Array, start: number): string | undefined {
  const end = start < bytes.length ? bytes.indexOf(0, start) : -1;
  return end < 0 ? undefined : decodeText(bytes, start, end);
}

/** `start` to `end` as UTF-8. Short ASCII, which nearly all names are, does not pay for the decoder's set-up. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 40) return decoder.decode(bytes.subarray(start, end));
  let text = '';
  for (let index = start; index < end; index++) {
    const code = bytes[index]!;
    if (code >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(code);
  }
  return text;
}

export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
