/** What package.json contributes, seen through VS Code: launch.json is completed and checked as people type. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import {
  type CompletionItem,
  type CompletionList,
  Position,
  type SnippetString,
  type TextEditor,
  Uri,
  commands,
  extensions,
  languages,
  window,
  workspace,
} from 'vscode';
import { folder } from './workspace.ts';

const launchJson = Uri.joinPath(folder, '.vscode', 'launch.json');
const BEFORE = '{\n  "version": "0.2.0",\n  "configurations": [\n    ';
const AFTER = '\n  ]\n}\n';
const FIRST_CONFIGURATION = new Position(3, 4);

interface Attributes {
  type: string;
  program: string;
}

async function openLaunchJson(configurations: string): Promise<TextEditor> {
  await workspace.fs.writeFile(launchJson, Buffer.from(BEFORE + configurations + AFTER));
  return window.showTextDocument(launchJson);
}

/** VS Code's completions for a configuration that are ours, once they are there. */
async function completions(editor: TextEditor): Promise<CompletionItem[]> {
  for (;;) {
    const { items } = await commands.executeCommand<CompletionList>(
      'vscode.executeCompletionItemProvider',
      editor.document.uri,
      FIRST_CONFIGURATION,
    );
    const ours = items.filter((item) => labelOf(item).startsWith('Sealscope'));
    if (ours.length > 0) return ours;
    await nextDiagnostics();
  }
}

const labelOf = ({ label }: CompletionItem): string => (typeof label === 'string' ? label : label.label);

async function nextDiagnostics(): Promise<void> {
  await new Promise<void>((resolve) => {
    const listener = languages.onDidChangeDiagnostics(() => {
      listener.dispose();
      resolve();
    });
  });
}

/** What VS Code has to say about launch.json, once it has anything to say. */
async function objections(): Promise<string[]> {
  for (;;) {
    const found = languages.getDiagnostics(launchJson).map(({ message }) => message);
    if (found.length > 0) return found;
    await nextDiagnostics();
  }
}

describe('What the extension contributes', () => {
  afterEach(async () => {
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await workspace.fs.delete(Uri.joinPath(folder, '.vscode'), { recursive: true, useTrash: false });
  });

  it('sleeps until it is needed', () => {
    const extension = extensions.getExtension('sealscope.sealscope');
    assert.equal(extension?.isActive, false);
  });

  it('offers snippets for launch.json that are complete configurations', async () => {
    const editor = await openLaunchJson('');
    const offered = await completions(editor);
    assert.equal(offered.length, 3);
    for (const item of offered) {
      await editor.insertSnippet(item.insertText as SnippetString, FIRST_CONFIGURATION);
      const { configurations } = JSON.parse(editor.document.getText()) as { configurations: [Attributes] };
      assert.equal(configurations[0].type, 'sealscope', labelOf(item));
      assert.match(configurations[0].program, /^\$\{workspaceFolder\}\/\w/, labelOf(item));
      await commands.executeCommand('workbench.action.files.revert');
    }
  });

  it('checks launch.json as it is typed', async () => {
    const start = '{ "type": "sealscope", "request": "launch", "name": "it", ';
    await openLaunchJson(
      `${start} "program": "k", "harts": 9, "onSealedWrite": "panic" },\n ${start} "memory": true }`,
    );
    const found = (await objections()).join('\n');
    assert.match(found, /maximum of 8/);
    assert.match(found, /"ask", "oops", "retry", "write-once", "skip", "log"/);
    assert.match(found, /Missing property "program"/);
  });
});
