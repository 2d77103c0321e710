/** Which kind of text a document is. C stands for C++ and headers too. */
export type DocumentKind = 'c' | 'rust' | 'assembly' | 'linker-script';

const BY_LANGUAGE: Readonly<Record<string, DocumentKind>> = {
  c: 'c',
  cpp: 'c',
  'cuda-cpp': 'c',
  rust: 'rust',
  asm: 'assembly',
  assembly: 'assembly',
  gas: 'assembly',
  riscv: 'assembly',
  ld: 'linker-script',
  ldscript: 'linker-script',
  linkerscript: 'linker-script',
};

/** Linker scripts that go through the preprocessor end in `.lds.S`, which editors take for assembly. */
export const LINKER_SCRIPT = /\.(lds|ld|ldscript|lkr)(\.[SsHh]|\.in)?$/;

const BY_NAME: readonly (readonly [RegExp, DocumentKind])[] = [
  [LINKER_SCRIPT, 'linker-script'],
  [/\.(c|h|cc|hh|cpp|hpp|cxx|hxx|inc)$/i, 'c'],
  [/\.rs$/, 'rust'],
  [/\.(s|asm)$/i, 'assembly'],
];

/** Undefined for a text that no kernel is made of. */
export function documentKind(path: string, languageId = ''): DocumentKind | undefined {
  if (LINKER_SCRIPT.test(path)) return 'linker-script';
  return BY_LANGUAGE[languageId] ?? BY_NAME.find(([name]) => name.test(path))?.[1];
}
