/** Builds what runs: the machine's WebAssembly modules, then the bundles in dist/. */
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { buildWasm } from '../emulator/build-wasm.node.ts';

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  logLevel: 'warning',
  legalComments: 'eof',
};

/** An ES module that bundles CommonJS packages has to bring its own `require`. */
const esm: BuildOptions = {
  ...common,
  format: 'esm',
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
};

/** The language client is large and needed by few: a bundle of its own, loaded when it is imported. */
const languageClient: Plugin = {
  name: 'language-client',
  setup(build) {
    build.onResolve({ filter: /\/client\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './language-client.cjs', external: true } : undefined,
    );
  },
};

const extension: BuildOptions = {
  ...common,
  format: 'cjs',
  external: ['vscode'],
  plugins: [languageClient],
  // VS Code gives its API to what is required, not to what is imported.
  supported: { 'dynamic-import': false },
};

/** The browser sides of views: a script and a style sheet each. */
const VIEWS = ['permissions', 'objects', 'timeline'];

buildWasm();
await Promise.all([
  build({ ...esm, entryPoints: { sealscope: 'server/cli/main.node.ts' }, outdir: 'dist' }),
  build({ ...esm, entryPoints: { 'debug-adapter': 'server/debug/main.node.ts' }, outdir: 'dist' }),
  build({ ...esm, entryPoints: { 'language-server': 'server/language/main.node.ts' }, outdir: 'dist' }),
  build({ ...extension, entryPoints: ['extension/main.ts'], outfile: 'dist/extension.cjs' }),
  build({
    ...extension,
    entryPoints: ['extension/language/client.ts'],
    outfile: 'dist/language-client.cjs',
  }),
  build({
    entryPoints: VIEWS.flatMap((view) =>
      ['main.ts', `${view}.css`].map((file) => ({ in: `extension/webview/${view}/${file}`, out: view })),
    ),
    outdir: 'dist/webview',
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'warning',
    legalComments: 'eof',
  }),
]);
