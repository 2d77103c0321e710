/** What the tests in VS Code are started with: their code as one bundle, and a folder to work in. */
import { cpSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Where results, logs and screenshots go; not under version control. */
export const artefacts = join(repository, 'build', 'vscode');

/** Throws unless the extension has been built: tests run what ships. */
export function expectBuilt(): void {
  for (const file of ['dist/extension.cjs', 'dist/debug-adapter.js']) {
    const size = statSync(join(repository, file), { throwIfNoEntry: false })?.size ?? 0;
    if (size === 0) throw new Error(`${file} is missing or empty: run npm run build first.`);
  }
}

/** Copies the sample to `folder` as somebody has it who has just got it, without a launch.json. */
export function copySample(folder: string): void {
  const left = new Set(['.vscode', 'build']);
  const filter = (path: string): boolean => !left.has(basename(path));
  cpSync(join(repository, 'samples', 'resume-bug'), folder, { recursive: true, filter });
}

/** Bundles the tests. Returns the bundle's path: what VS Code takes as `extensionTestsPath`. */
export function bundleTests(): Promise<string> {
  return bundleForHost(join('test', 'vscode', 'suite', 'index.ts'), 'tests.cjs');
}

/** Bundles what `entry`, of the repository, is about into the one CommonJS file that the extension host wants. */
export async function bundleForHost(entry: string, name: string): Promise<string> {
  const outfile = join(artefacts, name);
  await build({
    entryPoints: [join(repository, entry)],
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
