/** Source files and places as the client sees them. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { CodePlace } from '../../session/index.ts';
import { codeText, sourceText } from '../../session/report/index.ts';
import type { Client } from '../client.ts';

export function sourceBody(client: Client, file: string): DebugProtocol.Source {
  const directory = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\'));
  return { name: file.slice(directory + 1), path: client.path(file) };
}

/** `source` and `line` of a place as the client counts; empty without a source. */
export function locationBody(
  client: Client,
  place: CodePlace,
): { source?: DebugProtocol.Source; line?: number } {
  if (place.file === undefined || place.line === undefined) return {};
  return { source: sourceBody(client, place.file), line: client.line(place.line) };
}

/** `cpu_up+0x1c (kernel/smp.c:41)`, as much of it as is known. */
export function placeText(place: CodePlace): string {
  const source = sourceText(place);
  return source === '' ? codeText(place) : `${codeText(place)} (${source})`;
}

/** One line an entry, with `path:line`, which clients turn into links. */
export function stackText(stack: readonly CodePlace[]): string {
  return stack.map((place) => `    at ${placeText(place)}`).join('\n');
}
