/** Packs the built extension into sealscope-<version>.vsix: `npm run package`, or with another name as argument. */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };

const repository = fileURLToPath(new URL('..', import.meta.url));
const vsce = join(dirname(createRequire(import.meta.url).resolve('@vscode/vsce/package.json')), 'vsce');
const target = process.argv[2] ?? join(repository, `sealscope-${manifest.version}.vsix`);

execFileSync(
  process.execPath,
  [
    ...[vsce, 'package', '--out', target],
    // Everything is bundled in dist/.
    '--no-dependencies',
    // Pictures of the README are packed beside it, and found there.
    ...['--allow-missing-repository', '--no-rewrite-relative-links'],
  ],
  { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] },
);
console.log(`${target}: ${Math.ceil(statSync(target).size / 1024)} KiB`);
