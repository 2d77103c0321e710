/** The walkthrough's commands: they use the sample where it lies, so that nothing has to be opened first. */
import { join } from 'node:path';
import { Disposable, Range, Uri, commands, debug, window, workspace } from 'vscode';

const IMAGE = 'resume-bug.elf';

/** Where harts come back: the line that calls what only booting may call. */
const FIX = { file: 'smp.c', line: /^\s*cpu_detect_features\(\);/m };

/** `type` is the debugger's; `sample` the directory of the sample that comes with the extension. */
export function registerSampleTour(type: string, sample: string): Disposable {
  return Disposable.from(
    commands.registerCommand('sealscope.runSample', (scenario: unknown = 'resume') =>
      runSample(type, sample, String(scenario)),
    ),
    commands.registerCommand('sealscope.showSampleFix', () => showFix(sample)),
  );
}

async function runSample(type: string, sample: string, scenario: string): Promise<void> {
  const { folder, directory } = await placeOf(sample);
  await debug.startDebugging(folder, {
    type,
    request: 'launch',
    name: `Sample: ${scenario}`,
    program: join(directory, IMAGE),
    commandLine: `scenario=${scenario}`,
    harts: 2,
  });
}

async function showFix(sample: string): Promise<void> {
  const { directory } = await placeOf(sample);
  const document = await workspace.openTextDocument(Uri.file(join(directory, FIX.file)));
  const found = FIX.line.exec(document.getText());
  const at = document.positionAt(found === null ? 0 : found.index + found[0].search(/\S/));
  await window.showTextDocument(document, { selection: new Range(at, at) });
}

/** A copy of the sample that is open in the workspace goes before the extension's own: it can be changed. */
async function placeOf(sample: string) {
  for (const folder of workspace.workspaceFolders ?? []) {
    const hasImage = await workspace.fs.stat(Uri.joinPath(folder.uri, IMAGE)).then(
      () => true,
      () => false,
    );
    if (hasImage) return { folder, directory: folder.uri.fsPath };
  }
  return { folder: undefined, directory: sample };
}
