/** The status bar item: the phase of the active session, or the refused store that waits for a choice. */
import {
  Disposable,
  MarkdownString,
  StatusBarAlignment,
  type StatusBarItem,
  ThemeColor,
  window,
} from 'vscode';
import { setContext } from '../context.ts';
import type { Faults } from '../fault/index.ts';
import type { PhaseChange, SealscopeSessions } from '../session/index.ts';
import { plainText } from '../../server/session/report/markdown.ts';
import { phaseLooks } from './phases.ts';

const BEFORE_THE_FIRST: PhaseChange = { current: 'booting', text: '' };

export class StatusBar implements Disposable {
  readonly #sessions: SealscopeSessions;
  readonly #faults: Faults;
  readonly #item: StatusBarItem;
  readonly #registrations: Disposable;

  constructor(sessions: SealscopeSessions, faults: Faults) {
    this.#sessions = sessions;
    this.#faults = faults;
    this.#item = window.createStatusBarItem('sealscope.phase', StatusBarAlignment.Left);
    this.#item.name = 'Sealscope: phase of the guest';
    const show = (): void => this.#show();
    this.#registrations = Disposable.from(
      this.#item,
      sessions.onDidChangeActive(show),
      sessions.onDidStart(show),
      sessions.onDidChangePhase(show),
      faults.onDidChange(show),
    );
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  #show(): void {
    const { active } = this.#sessions;
    setContext('sealscope.phase', active === undefined ? '' : (active.phase ?? BEFORE_THE_FIRST).current);
    if (active === undefined) {
      this.#item.hide();
      return;
    }
    const { current, text } = active.phase ?? BEFORE_THE_FIRST;
    const { title, icon, meaning, background } = phaseLooks[current];
    const fault = this.#faults.current;
    const store = fault?.facts.find(({ name }) => name === 'variable')?.value ?? 'sealed memory';
    this.#item.text = fault === undefined ? `$(${icon}) ${title}` : `$(error) Store to ${store} refused`;
    this.#item.tooltip = tooltip([
      `**${title}**${text === '' ? '' : `: ${plainText(text)}`}`,
      meaning,
      plainText(active.name),
    ]);
    this.#item.accessibilityInformation = {
      label: fault === undefined ? `Sealscope: ${title}` : `Sealscope: store to ${store} refused, ${title}`,
    };
    this.#item.backgroundColor =
      fault === undefined ? background : new ThemeColor('statusBarItem.errorBackground');
    this.#item.command = fault === undefined ? 'sealscope.showCommands' : 'sealscope.chooseFaultAction';
    this.#item.show();
  }
}

function tooltip(paragraphs: readonly string[]): MarkdownString {
  return new MarkdownString(paragraphs.join('\n\n'));
}
