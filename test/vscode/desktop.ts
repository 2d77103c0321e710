/** Runs the tests of `suite/` in a desktop VS Code, which it downloads: `npm run test:desktop`. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { artefacts, bundleTests, copySample, repository } from './fixture.ts';

mkdirSync(artefacts, { recursive: true });
const workspace = mkdtempSync(join(tmpdir(), 'sealscope-workspace-'));
try {
  copySample(workspace);
  await runTests({
    extensionDevelopmentPath: repository,
    extensionTestsPath: await bundleTests(),
    extensionTestsEnv: { SEALSCOPE_TEST_RESULTS: join(artefacts, 'results-desktop.json') },
    launchArgs: [workspace, '--disable-extensions', '--disable-workspace-trust'],
  });
} finally {
  rmSync(workspace, { recursive: true });
}
