/** The guest's console, for clients with a terminal for it. */
import { described, object, oneOf, optional, text, type TypeOf } from '../schema.ts';
import type { CustomEvent } from './common.ts';

/** Launch attributes of the adapter's own: who asks for a terminal says that it knows `sealscope/console`. */
export const consoleAttributes = object({
  console: optional(oneOf('integratedTerminal', 'internalConsole')),
});
export type ConsoleKind = TypeOf<typeof consoleAttributes>['console'];

export const consoleEvents = {
  'sealscope/console': {
    summary:
      'What the guest wrote, in place of `output` of category `stdout`: only if the launch attribute `console` is `integratedTerminal`.',
    body: object({ text: described('As UTF-8, with the control characters that the guest wrote', text) }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomEvent>>;
