// Installs the npm dependencies when they are missing or older than package-lock.json. Plain JavaScript: it
// runs before anything is installed.
import { execSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.package-lock.json`;
const fresh = existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
if (!fresh) execSync('npm ci --no-audit --no-fund', { cwd: root, stdio: 'inherit' });
