/** Builds what runs: the machine's WebAssembly modules, then the bundles in dist/. */
import { build, type BuildOptions } from 'esbuild';
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

buildWasm();
await Promise.all([
  build({ ...esm, entryPoints: { sealscope: 'server/cli/main.node.ts' }, outdir: 'dist' }),
  build({ ...esm, entryPoints: { 'debug-adapter': 'server/debug/main.node.ts' }, outdir: 'dist' }),
  build({
    ...common,
    format: 'cjs',
    external: ['vscode'],
    entryPoints: ['extension/main.ts'],
    outfile: 'dist/extension.cjs',
  }),
]);
