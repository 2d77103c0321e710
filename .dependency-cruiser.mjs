/** Import directions (ARCHITECTURE.md): extension → server → emulator; symbols and emulator are strangers. */
const portable = '^(emulator/|server/(symbols|sealing|session|debug|language)/)';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'emulator-knows-nothing-above-it',
      severity: 'error',
      from: { path: '^emulator/' },
      to: { path: '^(server|extension)/' },
    },
    {
      name: 'symbols-knows-no-machine',
      severity: 'error',
      from: { path: '^server/symbols/' },
      to: { path: '^(emulator/|extension/|server/(?!symbols/))' },
    },
    {
      name: 'sealing-is-below-session',
      severity: 'error',
      from: { path: '^server/sealing/' },
      to: { path: '^(extension/|server/(session|debug|language|cli)/)' },
    },
    {
      name: 'session-is-below-the-fronts',
      severity: 'error',
      from: { path: '^server/session/' },
      to: { path: '^(extension/|server/(debug|language|cli)/)' },
    },
    {
      name: 'fronts-do-not-know-the-extension',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^extension/' },
    },
    {
      name: 'only-the-extension-knows-vscode',
      severity: 'error',
      from: { pathNot: '^extension/' },
      to: { path: '^vscode$' },
    },
    {
      name: 'only-debug-knows-dap',
      severity: 'error',
      from: { pathNot: '^(server/debug|extension|test)/' },
      to: { path: '@vscode/debug(adapter|protocol)' },
    },
    {
      name: 'only-language-knows-lsp',
      severity: 'error',
      from: { pathNot: '^(server/language|extension|test)/' },
      to: { path: 'vscode-language(server|client)' },
    },
    {
      name: 'portable-code-has-no-node',
      comment: "These also run in a browser worker; hosts' entry files end in .node.ts",
      severity: 'error',
      from: { path: portable, pathNot: '\\.node\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^emulator/core/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
