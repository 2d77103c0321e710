/** The keys by which package.json says when a command or a view is there. */
import { commands } from 'vscode';

interface ContextKeys {
  /** The active session stands before a refused store that waits for a choice. */
  'sealscope.faultPending': boolean;
  /** The phase of the active session, and '' without one. */
  'sealscope.phase': string;
  /** There are refused stores to show, be it of a session that has ended. */
  'sealscope.hasSealedWrites': boolean;
}

export function setContext<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): void {
  void commands.executeCommand('setContext', key, value);
}
