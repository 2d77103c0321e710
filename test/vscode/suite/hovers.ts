/** What a person reads who rests the pointer on a name. */
import assert from 'node:assert/strict';
import { type Hover, type MarkdownString, commands } from 'vscode';
import { openSource } from './workspace.ts';

/** What hovers say at the `|` of a text in a source of the sample. */
export async function hoversAt(file: string, marked: string): Promise<string> {
  const { document } = await openSource(file);
  const at = document.getText().indexOf(marked.replace('|', ''));
  assert.ok(at >= 0, `${file} has no ${marked}`);
  const hovers = await commands.executeCommand<Hover[]>(
    'vscode.executeHoverProvider',
    document.uri,
    document.positionAt(at + marked.indexOf('|')),
  );
  return hovers
    .flatMap(({ contents }) => contents)
    .map((content) => (content as MarkdownString).value)
    .join('\n');
}

/** The same, once there is one: the server has just been started, or has just been told of another image. */
export async function hoverOnceThere(file: string, marked: string): Promise<string> {
  for (;;) {
    const text = await hoversAt(file, marked);
    if (text !== '') return text;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
