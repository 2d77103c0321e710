/**
 * A real VS Code without a desktop: code-server and a headless Chromium that looks at it. One editor serves many
 * runs; everything it starts lives in one temporary directory and ends with `close()`, or with this process.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type Page, chromium } from 'playwright-core';
import type { TestEditor } from '../../scripts/vscode/setup.ts';

/** What to open; all paths absolute. */
export interface Window {
  folder: string;
  /** The extension under test: the directory of its package.json. Not given where a package is installed. */
  extension?: string;
  /** A script whose `run()` is to be called in the extension host. VS Code shows no dialogs while it runs. */
  tests?: string;
}

const SETTINGS = {
  // Terminals are then text in the document, which tests can read.
  'terminal.integrated.gpuAcceleration': 'off',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'window.dialogStyle': 'custom',
};

/** What an editor has beyond the ordinary. */
export interface EditorOptions {
  /** A packaged extension to install first. */
  vsix?: string;
  /** Of the user, over those that tests need. */
  settings?: Readonly<Record<string, unknown>>;
}

export class Editor {
  readonly #directory: string;
  readonly #server: ChildProcess;
  readonly #port: number;
  readonly #browser: BrowserContext;
  readonly #abandon: () => void;
  #page: Page | undefined;

  private constructor(
    directory: string,
    server: ChildProcess,
    port: number,
    browser: BrowserContext,
    abandon: () => void,
  ) {
    this.#directory = directory;
    this.#server = server;
    this.#port = port;
    this.#browser = browser;
    this.#abandon = abandon;
  }

  /**
   * Starts server and browser. `environment` reaches the extension host; both write what they have to say to `log`.
   */
  static async start(
    installed: TestEditor,
    environment: Readonly<Record<string, string>>,
    log: string,
    { vsix, settings = {} }: EditorOptions = {},
  ): Promise<Editor> {
    const directory = mkdtempSync(join(tmpdir(), 'sealscope-vscode-'));
    const port = await freePort();
    prepare(directory, settings);
    if (vsix !== undefined) installExtension(installed, directory, vsix);
    const server = startServer(installed, directory, port, environment, log);
    const abandon = (): void => {
      endGroup(server);
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    };
    process.once('exit', abandon);
    try {
      await isHealthy(port, server);
      return new Editor(directory, server, port, await startBrowser(installed.browser, directory), abandon);
    } catch (error) {
      abandon();
      process.off('exit', abandon);
      throw error;
    }
  }

  /** The window opened last. */
  get page(): Page {
    if (this.#page === undefined) throw new Error('No window was opened.');
    return this.#page;
  }

  /** Opens a window for a person, or for Playwright in place of one. The caller closes the page. */
  async open(window: Window): Promise<Page> {
    const page = await this.#browser.newPage();
    this.#page = page;
    await page.goto(this.#address(window));
    return page;
  }

  /** Opens a window that runs tests, and closes it. Returns the exit code; throws after `limit` milliseconds. */
  async run(window: Required<Window>, limit: number): Promise<number> {
    const page = await this.#browser.newPage();
    this.#page = page;
    try {
      const exited = new Promise<number>((resolve, reject) => {
        void page.exposeFunction('codeAutomationExit', resolve);
        page.once('crash', () => reject(new Error("The window's process crashed.")));
        page.once('close', () => reject(new Error('The window was closed.')));
      });
      await page.exposeFunction('codeAutomationLog', () => undefined);
      await page.goto(this.#address(window));
      return await withLimit(exited, limit);
    } finally {
      await page.close();
    }
  }

  async close(): Promise<void> {
    await this.#browser.close();
    endGroup(this.#server);
    if (this.#server.exitCode === null && this.#server.signalCode === null) {
      await new Promise((resolve) => this.#server.once('exit', resolve));
    }
    process.off('exit', this.#abandon);
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }

  #address({ folder, extension, tests }: Window): string {
    const authority = `127.0.0.1:${this.#port}`;
    const remote = (path: string): string => `vscode-remote://${authority}${path}`;
    const payload: [string, string][] = [];
    if (extension !== undefined) payload.push(['extensionDevelopmentPath', remote(extension)]);
    if (tests !== undefined) payload.push(['extensionTestsPath', remote(tests)]);
    const url = new URL(`http://${authority}/`);
    url.searchParams.set('folder', folder);
    url.searchParams.set('payload', JSON.stringify(payload));
    return url.href;
  }
}

/** Where server and browser of one editor keep what is theirs. */
const layoutOf = (directory: string): { home: string; data: string; config: string; extensions: string } => ({
  home: join(directory, 'home'),
  data: join(directory, 'data'),
  config: join(directory, 'config.yaml'),
  extensions: join(directory, 'extensions'),
});

function prepare(directory: string, settings: Readonly<Record<string, unknown>>): void {
  const { home, data, config } = layoutOf(directory);
  mkdirSync(home, { recursive: true });
  mkdirSync(join(data, 'User'), { recursive: true });
  writeFileSync(join(data, 'User', 'settings.json'), JSON.stringify({ ...SETTINGS, ...settings }));
  writeFileSync(config, 'auth: none\n');
}

/** What the server is told whenever it is started. */
function layoutOptions(directory: string): string[] {
  const { data, config, extensions } = layoutOf(directory);
  return ['--config', config, '--user-data-dir', data, '--extensions-dir', extensions];
}

/** Throws with the server's words if it does not take the package. */
function installExtension({ node, server }: TestEditor, directory: string, vsix: string): void {
  const { home } = layoutOf(directory);
  execFileSync(node, [server, ...layoutOptions(directory), '--install-extension', vsix], {
    env: { ...process.env, HOME: home, TMPDIR: home, EXTENSIONS_GALLERY: '{}' },
    stdio: 'pipe',
  });
}

function startServer(
  { node, server }: TestEditor,
  directory: string,
  port: number,
  environment: Readonly<Record<string, string>>,
  log: string,
): ChildProcess {
  const { home } = layoutOf(directory);
  const output = createWriteStream(log);
  const child = spawn(
    node,
    [
      server,
      ...layoutOptions(directory),
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
      ...['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'],
      ...['--disable-getting-started-override', '--disable-proxy', '--ignore-last-opened'],
      // Without it the window ignores which tests it is asked to run.
      ...['--vscode-option', 'enable-smoke-test-driver'],
    ],
    {
      env: { ...process.env, HOME: home, TMPDIR: home, EXTENSIONS_GALLERY: '{}', ...environment },
      // A process group of its own: the server starts extension hosts, and they start debug adapters.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  child.stdout.pipe(output);
  child.stderr.pipe(output);
  return child;
}

async function startBrowser(executablePath: string, directory: string): Promise<BrowserContext> {
  const home = join(directory, 'browser');
  mkdirSync(home);
  return chromium.launchPersistentContext(home, {
    executablePath,
    headless: true,
    viewport: { width: 1440, height: 900 },
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home },
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });
}

async function isHealthy(port: number, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null)
      throw new Error(`code-server ended at once, with status ${server.exitCode}.`);
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Ends a process started as a group's leader, and everything that it started. */
function endGroup(leader: ChildProcess): void {
  if (leader.pid === undefined) return;
  try {
    process.kill(-leader.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No free port.'));
        else resolve(address.port);
      });
    });
  });
}

async function withLimit<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No result after ${milliseconds / 1000} s.`)), milliseconds);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
