/** Bundles the tests that run in the extension host, as VS Code wants them: one CommonJS file. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Where results, logs and screenshots go; not under version control. */
export const artefacts = join(repository, 'build', 'vscode');

/** Returns the bundle's path: what VS Code takes as `extensionTestsPath`. */
export async function bundleTests(): Promise<string> {
  const outfile = join(artefacts, 'tests.cjs');
  await build({
    entryPoints: [join(repository, 'test', 'vscode', 'suite', 'index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return outfile;
}
