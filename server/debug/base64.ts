/** Bytes as the protocol carries them. Portable: no Buffer. */
import { RequestError } from './errors.ts';

/** Arguments that one call takes on every engine. */
const CHUNK = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  let characters = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    characters += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(characters);
}

/** Throws RequestError `badArguments` for text that is not Base64. */
export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new RequestError('badArguments', "'data' is not Base64.");
  }
}
