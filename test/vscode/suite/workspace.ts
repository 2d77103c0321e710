import { Location, SourceBreakpoint, type TextEditor, Uri, window, workspace } from 'vscode';

/** The folder that the launcher opened: a copy of the sample, without its launch.json. */
export const folder = workspace.workspaceFolders![0]!.uri;

/** Opens a source of the sample: by its language VS Code knows which debugger F5 means. */
export async function openSource(name: string): Promise<TextEditor> {
  return window.showTextDocument(Uri.joinPath(folder, name));
}

export async function exists(uri: Uri): Promise<boolean> {
  return workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

/** A breakpoint at the first place where a source says `statement`. */
export function breakpointAt({ document }: TextEditor, statement: string): SourceBreakpoint {
  const position = document.positionAt(document.getText().indexOf(statement));
  return new SourceBreakpoint(new Location(document.uri, position));
}
