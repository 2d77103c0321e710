/** The five things that can be done about a refused store. DESIGN.md §4 gives their meaning. */
export type SealChoice = 'oops' | 'retry' | 'write-once' | 'skip' | 'log';

/** What the session does by itself at a refused store; `ask` stops. */
export type SealPolicy = 'ask' | SealChoice;

export const SEAL_CHOICES: readonly SealChoice[] = ['oops', 'retry', 'write-once', 'skip', 'log'];
export const SEAL_POLICIES: readonly SealPolicy[] = ['ask', ...SEAL_CHOICES];

/** One sentence for people about each choice, the risky ones with the objection beside them. */
export const CHOICE_MEANING: Readonly<Record<SealChoice, string>> = {
  oops: "deliver the trap: the guest's own handler decides (what a plain continue does)",
  retry:
    'make the page writable and store again; everything else on the page loses its seal until it is sealed again',
  'write-once': 'let this one store through; the seal stays',
  skip: 'step over the store without writing; the kernel then runs on with a value it did not expect, which may hide or help an attack',
  log: 'record the store, then retry',
};
