/** Text as VS Code sees it: tokens with their scopes, by the grammars that package.json contributes. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRegistry } from 'vscode-tmgrammar-test/dist/common/index.js';
import manifest from '../../package.json' with { type: 'json' };

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The grammars that VS Code brings for the languages whose annotations ours colour. */
export const PEERS = ['c', 'cpp', 'cpp-macro', 'rust'].map((language) =>
  join(repository, 'node_modules', 'tm-grammars', 'grammars', `${language}.json`),
);

export interface Token {
  text: string;
  /** From the grammar's own scope to the innermost, joined by spaces. */
  scopes: string;
}

const registry = createRegistry([
  ...PEERS.map((path) => ({ path, scopeName: '' })),
  ...manifest.contributes.grammars.map((grammar) => ({ ...grammar, path: join(repository, grammar.path) })),
]);

/** The tokens of each line of `text`, whitespace left out. */
export async function tokenize(scope: string, text: string): Promise<Token[][]> {
  const grammar = await registry.loadGrammar(scope);
  if (grammar === null) throw new Error(`No grammar has the scope ${scope}.`);
  type State = Parameters<typeof grammar.tokenizeLine>[1];
  let state: State = null;
  return text.split('\n').map((line) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    return result.tokens
      .map(({ startIndex, endIndex, scopes }) => ({
        text: line.slice(startIndex, endIndex),
        scopes: scopes.join(' '),
      }))
      .filter((token) => token.text.trim() !== '');
  });
}
