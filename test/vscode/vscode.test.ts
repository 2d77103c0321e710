/** Runs the tests of `suite/` in a real VS Code, and answers for each of them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { setUpTestEditor } from '../../scripts/vscode/setup.ts';
import { artefacts, bundleTests, repository } from './bundle.ts';
import { Editor } from './editor.ts';
import type { TestResult } from './results.ts';
import { serveScreen, type ScreenBridge } from './screen.ts';

/** The first time the editor has to be downloaded and partly compiled. */
const SETUP_LIMIT = 900_000;
const RUN_LIMIT = 300_000;

const results = join(artefacts, 'results.json');
let workspace: string;
let screen: ScreenBridge;
let editor: Editor;

beforeAll(async () => {
  const installed = setUpTestEditor(console.log);
  mkdirSync(artefacts, { recursive: true });
  workspace = mkdtempSync(join(tmpdir(), 'sealscope-workspace-'));
  cpSync(join(repository, 'samples', 'resume-bug'), workspace, { recursive: true });
  screen = await serveScreen(() => editor.page, artefacts);
  const environment = { SEALSCOPE_TEST_RESULTS: results, SEALSCOPE_TEST_SCREEN: screen.url };
  editor = await Editor.start(installed, environment, join(artefacts, 'code-server.log'));
}, SETUP_LIMIT);

afterAll(async () => {
  await editor.close();
  screen.close();
  rmSync(workspace, { recursive: true });
});

it(
  'does what it should in VS Code',
  async () => {
    rmSync(results, { force: true });
    const tests = await bundleTests();
    const status = await editor.run({ folder: workspace, extension: repository, tests, limit: RUN_LIMIT });
    const records = JSON.parse(readFileSync(results, 'utf8')) as TestResult[];
    for (const { state, title, milliseconds } of records)
      console.log(`${state} ${title} (${milliseconds} ms)`);
    expect(
      records.filter(({ state }) => state === 'failed').map(({ title, error }) => `${title}: ${error}`),
    ).toEqual([]);
    expect(records.filter(({ state }) => state === 'pending')).toEqual([]);
    expect(records).not.toHaveLength(0);
    expect(status).toBe(0);
  },
  RUN_LIMIT + 30_000,
);
