import { type DebugSession, Uri, commands, extensions, window } from 'vscode';

const HEX_EDITOR = 'ms-vscode.hexeditor';

/** Opens guest memory in VS Code's hex editor, which is an extension of its own. */
export async function showMemory({ id }: DebugSession, address: string): Promise<void> {
  if (extensions.getExtension(HEX_EDITOR) === undefined) {
    const find = 'Find the extension';
    const message = 'Memory is shown by the extension Hex Editor, which is not installed.';
    if ((await window.showInformationMessage(message, find)) === find)
      await commands.executeCommand('workbench.extensions.search', `@id:${HEX_EDITOR}`);
    return;
  }
  // The address under which VS Code's own memory view opens a memory reference.
  const uri = Uri.from({ scheme: 'vscode-debug-memory', authority: id, path: `/${address}/${address}.bin` });
  await commands.executeCommand('vscode.openWith', uri, 'hexEditor.hexedit');
}
