/**
 * What VS Code calls in the extension host. The tests know nothing of who started VS Code: code-server under
 * `npm test`, a desktop under `npm run test:desktop`.
 */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import type { TestResult } from '../results.ts';

/** Time for one test: generous, because machines that run tests are busy. A healthy test takes a second or two. */
const LIMIT = 120_000;

/** Runs all tests and rejects if one failed. The environment says where results go, and which tests to run. */
export async function run(): Promise<void> {
  const grep = process.env['SEALSCOPE_TEST_GREP'];
  const mocha = new Mocha({ ui: 'bdd', timeout: LIMIT, ...(grep === undefined ? {} : { grep }) });
  // What loading a file of tests does; all of them are bundled into this one.
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await import('./contributions.ts');
  await import('./configuration.ts');
  await import('./sample.ts');
  await import('./story.ts');
  await import('./choices.ts');
  await import('./console.ts');
  await import('./phase.ts');
  await import('./sealedWrites.ts');
  await import('./jump.ts');
  await import('./permissions.ts');
  await import('./permissionsLive.ts');
  await import('./timeline.ts');
  await import('./objects.ts');
  await import('./whatIf.ts');
  await import('./sessions.ts');
  await import('./language.ts');
  await import('./rebuild.ts');

  const results: TestResult[] = [];
  const file = process.env['SEALSCOPE_TEST_RESULTS'];
  const note = (result: TestResult): void => {
    results.push(result);
    // After each test: should a later one hang, what there is says where.
    if (file !== undefined) writeFileSync(file, JSON.stringify(results, undefined, 2));
  };
  const failures = await new Promise<number>((resolve) => {
    mocha
      .run(resolve)
      .on('pass', (test) => note(resultOf(test, 'passed')))
      .on('pending', (test) => note(resultOf(test, 'pending')))
      .on('fail', (test, error: Error) =>
        note({ ...resultOf(test, 'failed'), error: error.stack ?? error.message }),
      );
  });
  if (failures > 0) throw new Error(`${failures} of ${results.length} tests failed.`);
}

function resultOf(test: Mocha.Test, state: TestResult['state']): TestResult {
  return { title: test.fullTitle(), state, milliseconds: test.duration ?? 0 };
}
