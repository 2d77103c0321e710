/** What `npm run package` packs: every file by name, the size, and that nothing that is referred to is missing. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

/** What a download may cost. */
const LIMIT = 1_500_000;

const SAMPLE = 'samples/resume-bug';

/** Beside the sample's files, which are those under version control. */
const FILES = [
  'LICENSE.txt',
  'changelog.md',
  'dist/debug-adapter.js',
  'dist/extension.cjs',
  'dist/language-client.cjs',
  'dist/language-server.js',
  'dist/webview/objects.css',
  'dist/webview/objects.js',
  'dist/webview/permissions.css',
  'dist/webview/permissions.js',
  'dist/webview/timeline.css',
  'dist/webview/timeline.js',
  'media/icon.png',
  'media/readme/choices.png',
  'media/readme/fault.png',
  'media/readme/hover.png',
  'media/readme/permissions.png',
  'media/readme/sealed-writes.png',
  'media/walkthrough/1-open.png',
  'media/walkthrough/2-run.png',
  'media/walkthrough/3-fault.png',
  'media/walkthrough/4-choose.png',
  'media/walkthrough/5-fix.png',
  'package.json',
  'readme.md',
  'syntaxes/annotations-asm.tmLanguage.json',
  'syntaxes/annotations.tmLanguage.json',
  'syntaxes/asm.language-configuration.json',
  'syntaxes/asm.tmLanguage.json',
  'syntaxes/disassembly.tmLanguage.json',
  'syntaxes/linkerscript.language-configuration.json',
  'syntaxes/linkerscript.tmLanguage.json',
  'syntaxes/oops.tmLanguage.json',
  'syntaxes/text.language-configuration.json',
  'walkthrough/1-open.md',
  'walkthrough/2-run.md',
  'walkthrough/3-fault.md',
  'walkthrough/4-choose.md',
  'walkthrough/5-fix.md',
];

const directory = mkdtempSync(join(tmpdir(), 'sealscope-package-'));
const vsix = join(directory, 'sealscope.vsix');
let packed: ReadonlyMap<string, Uint8Array>;

const text = (path: string): string => new TextDecoder().decode(packed.get(path));

beforeAll(() => {
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/package.ts', vsix]);
  const entries = Object.entries(unzipSync(readFileSync(vsix)));
  packed = new Map(
    entries
      .filter(([name]) => name.startsWith('extension/'))
      .map(([name, bytes]) => [name.slice('extension/'.length), bytes]),
  );
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Values of a manifest's members with one of these names, at any depth. */
function* members(value: unknown, names: ReadonlySet<string>): Iterable<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (names.has(name) && typeof member === 'string') yield member;
    else yield* members(member, names);
  }
}

/**
 * Relative targets of images in Markdown. An image is found as VS Code's walkthroughs find it, so that a bracket in
 * the text of one hides it; that is an error.
 */
function picturesOf(path: string): string[] {
  const found = [...text(path).matchAll(/!\[[^\]]*\]\(([^)\s]+)\)/g)];
  expect(found).toHaveLength(text(path).split('![').length - 1);
  return found
    .map(([, target]) => target!)
    .filter((target) => !target.includes(':'))
    .map((target) => posix.join(dirname(path), target));
}

describe('The package', () => {
  it('holds what is listed, and nothing else', () => {
    const sample = execFileSync('git', ['ls-files', SAMPLE], { encoding: 'utf8' }).trim().split('\n');
    const files = [...FILES, ...sample];
    expect([...packed.keys()].sort()).toEqual(files.sort());
  });

  it('is small', () => {
    expect(statSync(vsix).size).toBeLessThan(LIMIT);
  });

  it('has every file that its manifest names', () => {
    const { grammars, languages, walkthroughs } = manifest.contributes;
    const paths = members(
      [grammars, languages, walkthroughs],
      new Set(['path', 'configuration', 'markdown']),
    );
    const named = [manifest.main, manifest.icon, ...paths].map((path) => posix.normalize(path));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !packed.has(path))).toEqual([]);
  });

  it.each(['readme.md', ...FILES.filter((file) => file.startsWith('walkthrough/'))])(
    'has the pictures of %s',
    (file) => {
      const pictures = picturesOf(file);
      expect(pictures).not.toHaveLength(0);
      expect(pictures.filter((path) => !packed.has(path))).toEqual([]);
    },
  );

  it('has the icon in the size that marketplaces want', () => {
    const icon = packed.get(manifest.icon)!;
    const view = new DataView(icon.buffer, icon.byteOffset);
    // PNG: signature, then the header's length, type, width and height.
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([128, 128]);
  });

  it('has the sample that the extension runs, byte for byte', () => {
    const image = `${SAMPLE}/resume-bug.elf`;
    expect(Buffer.compare(packed.get(image)!, readFileSync(image))).toBe(0);
  });

  it('contributes commands that the walkthrough, the views and the menus may call', () => {
    const contributed = new Set(manifest.contributes.commands.map(({ command }) => command));
    const texts = JSON.stringify([manifest.contributes.walkthroughs, manifest.contributes.viewsWelcome]);
    const called = [...texts.matchAll(/(?:command|onCommand):(sealscope\.\w+)(?=[?)"])/g)].map(
      ([, name]) => name!,
    );
    expect(called.length).toBeGreaterThan(5);
    expect(called.filter((name) => !contributed.has(name))).toEqual([]);
  });
});
