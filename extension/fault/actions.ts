/** What can be done about a refused store, as VS Code shows it. What each does and costs, the adapter says. */
import type { Action } from '../../server/debug/protocol.ts';

export interface ActionLook {
  readonly title: string;
  /** Name of a codicon. */
  readonly icon: string;
  readonly command: string;
}

export const actionLooks: Readonly<Record<Action, ActionLook>> = {
  oops: { title: 'Oops', icon: 'flame', command: 'sealscope.oops' },
  retry: { title: 'Make writable and retry', icon: 'unlock', command: 'sealscope.makeWritableAndRetry' },
  'write-once': { title: 'Write once', icon: 'edit', command: 'sealscope.writeOnce' },
  skip: { title: 'Skip the store', icon: 'debug-step-over', command: 'sealscope.skipStore' },
};
