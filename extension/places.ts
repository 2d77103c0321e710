/** Places in sources: how they read in a narrow view, and the command that goes to one. */
import { basename } from 'node:path';
import { type Command, Range, Uri } from 'vscode';

export interface Place {
  readonly path?: string | undefined;
  readonly line?: number | undefined;
}

/** `smp.c:128`; empty where no source is known. */
export function placeText({ path, line }: Place): string {
  if (path === undefined) return '';
  return line === undefined ? basename(path) : `${basename(path)}:${line}`;
}

/** The command that shows a place, for a tree item; undefined where there is nothing to show. */
export function openPlace({ path, line = 1 }: Place): Command | undefined {
  if (path === undefined) return undefined;
  const selection = new Range(line - 1, 0, line - 1, 0);
  return { command: 'vscode.open', title: 'Go to source', arguments: [Uri.file(path), { selection }] };
}
