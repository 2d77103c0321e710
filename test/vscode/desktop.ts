/** Runs the tests of `suite/` in a desktop VS Code, which it downloads: `npm run test:desktop`. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { artefacts, bundleTests, copySample, expectBuilt, repository } from './fixture.ts';
import type { TestResult } from './results.ts';

/** For an answer of the server, not for the whole download. */
const PATIENCE = 15_000;

const results = join(artefacts, 'results-desktop.json');

expectBuilt();
const obstacle = await main();
if (obstacle !== undefined) {
  console.error(obstacle);
  process.exitCode = 1;
}

/** Returns what keeps the tests from passing, in one line. */
async function main(): Promise<string | undefined> {
  const cachePath = join(repository, 'build', 'vscode-desktop');
  let vscodeExecutablePath: string;
  try {
    vscodeExecutablePath = await downloadAndUnzipVSCode({ cachePath, timeout: PATIENCE });
  } catch (error) {
    return `No desktop VS Code: it cannot be downloaded (${String(error)}). npm test runs the same tests in code-server.`;
  }
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && (DISPLAY ?? WAYLAND_DISPLAY) === undefined)
    return 'A desktop VS Code needs a display, and DISPLAY is not set: run it under xvfb-run.';
  return runIn(vscodeExecutablePath);
}

async function runIn(vscodeExecutablePath: string): Promise<string | undefined> {
  mkdirSync(artefacts, { recursive: true });
  rmSync(results, { force: true });
  const directory = mkdtempSync(join(tmpdir(), 'sealscope-desktop-'));
  const workspace = join(directory, 'workspace');
  try {
    copySample(workspace);
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: repository,
      extensionTestsPath: await bundleTests(),
      extensionTestsEnv: { SEALSCOPE_TEST_RESULTS: results },
      launchArgs: [
        workspace,
        // The user's own profile is no business of the tests.
        ...['--user-data-dir', join(directory, 'data'), '--extensions-dir', join(directory, 'extensions')],
        ...['--disable-extensions', '--disable-workspace-trust'],
      ],
    });
    return undefined;
  } catch (error) {
    return `The tests in the desktop VS Code failed: ${String(error)}`;
  } finally {
    report();
    rmSync(directory, { recursive: true, maxRetries: 3 });
  }
}

/** One line a test. There is nothing to tell if VS Code did not get that far. */
function report(): void {
  let records: TestResult[];
  try {
    records = JSON.parse(readFileSync(results, 'utf8')) as TestResult[];
  } catch {
    return;
  }
  for (const { state, title, milliseconds, error } of records)
    console.log(`${state} ${title} (${milliseconds} ms)${error === undefined ? '' : `\n${error}`}`);
}
