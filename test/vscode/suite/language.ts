/** Hovers on what is sealed, beside those of other extensions: in C, a header, assembly and a linker script. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { type DocumentLink, Uri, commands, debug, workspace } from 'vscode';
import { hoverOnceThere, hoversAt } from './hovers.ts';
import { Recorder, sessionEnd } from './session.ts';
import { folder, openSource } from './workspace.ts';

const settings = Uri.joinPath(folder, '.vscode');
const LAUNCH = {
  version: '0.2.0',
  configurations: [
    {
      type: 'sealscope',
      request: 'launch',
      name: 'The sample',
      program: '${workspaceFolder}/resume-bug.elf',
      harts: 2,
      commandLine: 'scenario=resume',
    },
  ],
};

describe('Hovers', () => {
  before(async () => {
    // Nothing names an image yet.
    assert.equal(await hoversAt('cpufeature.c', '|cpu_caps.isa = '), '');
    await workspace.fs.writeFile(Uri.joinPath(settings, 'launch.json'), Buffer.from(JSON.stringify(LAUNCH)));
  });
  after(() => workspace.fs.delete(settings, { recursive: true, useTrash: false }));

  it('answer from the image that launch.json names, in each language', async () => {
    const sealed = /\*\*Sealed after init\*\* · `cpu_caps` · `__ro_after_init`/;
    assert.match(await hoverOnceThere('cpufeature.c', '|cpu_caps.isa = '), sealed);
    assert.match(await hoversAt('include/cpufeature.h', 'extern struct cpu_caps cpu|_caps'), sealed);
    assert.match(
      await hoversAt('cpufeature.c', 'cpu_caps |__ro_after_init'),
      /\d+ objects in resume-bug\.elf/,
    );
    assert.match(await hoversAt('resume-bug.lds.S', '*(.data..ro|_after_init)'), /linked `rw-`/);
    assert.match(await hoversAt('resume-bug.lds.S', '|__start_rodata = .'), /Start of a sealed region/);
    assert.equal(await hoversAt('cpufeature.c', 'u32 let|ters'), '');
    assert.equal(await hoversAt('cpufeature.c', 'void __init cpu_caps_|init'), '');
  });

  it('answer in assembly', async () => {
    const file = Uri.joinPath(folder, 'caps.S');
    await workspace.fs.writeFile(file, Buffer.from('\tla\ta0, cpu_caps\t# cpu_caps\n'));
    assert.match(await hoversAt('caps.S', 'a0, cpu_|caps'), /Sealed after init/);
    assert.equal(await hoversAt('caps.S', '# cpu|_caps'), '');
    await workspace.fs.delete(file);
  });

  it('answer in Rust, for what another language defines', async () => {
    const file = Uri.joinPath(folder, 'caps.rs');
    const source = 'extern "C" {\n    static cpu_caps: CpuCaps; // cpu_caps\n}\n';
    await workspace.fs.writeFile(file, Buffer.from(source));
    assert.match(await hoversAt('caps.rs', 'static cpu_|caps'), /Sealed after init/);
    assert.equal(await hoversAt('caps.rs', '// cpu|_caps'), '');
    await workspace.fs.delete(file);
  });

  it('links a linker script to the sources', async () => {
    const { document } = await openSource('resume-bug.lds.S');
    const links = await commands.executeCommand<DocumentLink[]>('vscode.executeLinkProvider', document.uri);
    const link = links.find(({ range }) => document.getText(range) === '__start_ro_after_init');
    assert.match(link?.target?.toString(true) ?? '', /include\/mm\.h#L?\d+/);
  });

  it('tell what the session knows at a stop', async () => {
    const recorder = new Recorder();
    const [workspaceFolder] = workspace.workspaceFolders!;
    await debug.startDebugging(workspaceFolder, 'The sample');
    await recorder.stopped();
    const text = await hoversAt('cpufeature.c', '|cpu_caps.isa = ');
    const ended = sessionEnd();
    await debug.stopDebugging();
    await ended;
    recorder.dispose();
    assert.match(text, /Now `r.*sealed by `mark_rodata_ro` at \[\w+\.[ch]:\d+\]\(file:/);
    assert.match(
      text,
      /First written by `cpu_caps_init` at \[cpufeature\.c:\d+\].*last by `cpu_detect_features`/,
    );
  });
});
