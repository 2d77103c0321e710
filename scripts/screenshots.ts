/**
 * Pictures of every view in the real VS Code, in dark, light and high contrast, to be looked at:
 * `npm run screenshots` leaves them in build/screenshots/<theme>/. With `--update` it also takes anew those of the
 * README and the walkthrough. `npm run screenshots -- dark` takes one theme.
 *
 * Needs what the tests in VS Code need (test/vscode/README.md).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Editor } from '../test/vscode/editor.ts';
import { copySample, expectBuilt, repository } from '../test/vscode/fixture.ts';
import { withPalette } from './screenshots/png.ts';
import { launchJson, tellStory } from './screenshots/story.ts';
import { setUpTestEditor } from './vscode/setup.ts';

const THEMES = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  'high-contrast': 'Default High Contrast',
} as const;

/** The pictures of the documents, in media/, by their names in the story. */
const WALKTHROUGH: Readonly<Record<string, string>> = {
  source: 'walkthrough/1-open',
  seal: 'walkthrough/2-run',
  'fault-view': 'walkthrough/3-fault',
  choices: 'walkthrough/4-choose',
  fix: 'walkthrough/5-fix',
};
const README: Readonly<Record<string, string>> = {
  'fault-view': 'readme/fault',
  choices: 'readme/choices',
  'permissions-editor': 'readme/permissions',
  'sealed-writes': 'readme/sealed-writes',
  hover: 'readme/hover',
};

/** One telling of the story, in one look. */
interface Telling {
  theme: keyof typeof THEMES;
  width: number;
  height: number;
  /** Where a picture goes; nowhere if it is not wanted. */
  files: (name: string) => string[];
}

const SETTINGS = {
  'window.commandCenter': false,
  'workbench.layoutControl.enabled': false,
  'workbench.tips.enabled': false,
  'editor.minimap.enabled': false,
  'breadcrumbs.enabled': false,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
};

const output = join(repository, 'build', 'screenshots');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { update: { type: 'boolean' } },
});
const unknown = positionals.find((name) => !(name in THEMES));
if (unknown !== undefined) throw new Error(`${unknown} is no theme: ${Object.keys(THEMES).join(', ')}.`);

const tellings: Telling[] = (Object.keys(THEMES) as (keyof typeof THEMES)[])
  .filter((theme) => positionals.length === 0 || positionals.includes(theme))
  .map((theme) => ({
    theme,
    width: 1440,
    height: 900,
    files: (name) => [join(output, theme, `${name}.png`)],
  }));
if (values.update === true) {
  const files = (name: string): string[] =>
    [WALKTHROUGH[name], README[name]]
      .filter((file) => file !== undefined)
      .map((file) => join(repository, 'media', `${file}.png`));
  tellings.push({ theme: 'dark', width: 1120, height: 700, files });
}

expectBuilt();
mkdirSync(output, { recursive: true });
const installed = setUpTestEditor(console.log);
const vsix = join(output, 'sealscope.vsix');
execFileSync(process.execPath, ['--import', 'tsx', join(repository, 'scripts', 'package.ts'), vsix]);
// Its path is in the pictures.
const folder = join(tmpdir(), 'resume-bug');
mkdirSync(folder);
try {
  copySample(folder);
  mkdirSync(join(folder, '.vscode'));
  writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify(launchJson, undefined, 2));
  for (const telling of tellings) await tell(telling);
} finally {
  rmSync(folder, { recursive: true });
}

async function tell({ theme, width, height, files }: Telling): Promise<void> {
  const settings = { ...SETTINGS, 'workbench.colorTheme': THEMES[theme] };
  const editor = await Editor.start(installed, {}, join(output, 'code-server.log'), { vsix, settings });
  try {
    const page = await editor.open({ folder });
    await page.setViewportSize({ width, height });
    await page.locator('.explorer-viewlet [aria-label^="main.c"]').waitFor();
    await tellStory(page, async (name) => {
      const paths = files(name);
      if (paths.length === 0) return;
      const picture = withPalette(await page.screenshot({ caret: 'hide' }));
      for (const path of paths) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, picture);
        console.log(path);
      }
    }).catch(async (error: unknown) => {
      await page.screenshot({ path: join(output, 'failure.png') });
      throw error;
    });
  } finally {
    await editor.close();
  }
}
