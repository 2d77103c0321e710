/** From init to sealed: the commands that go there, and the menu behind the status bar item. */
import { Disposable, type QuickPickItem, commands, window } from 'vscode';
import type { SealscopeSession, SealscopeSessions } from '../session/index.ts';

interface CommandItem extends QuickPickItem {
  readonly command: string;
  /** Not offered while the guest runs, when the adapter would refuse it. */
  readonly needsStop?: boolean;
}

const MENU: readonly CommandItem[] = [
  {
    label: '$(run-all) Run to the seal',
    detail: 'Go on until the next region is sealed.',
    command: 'sealscope.runToSeal',
    needsStop: true,
  },
  {
    label: '$(debug-breakpoint-conditional) Stop at the seal',
    detail: 'Switch the stop at each seal on or off.',
    command: 'sealscope.stopAtSeal',
  },
  {
    label: '$(table) Show page permissions of…',
    detail: 'Go to the page of a symbol, an expression or an address.',
    command: 'sealscope.showPermissionsOf',
    needsStop: true,
  },
  {
    label: '$(eye) Watch writes to…',
    detail: 'Stop before every store to an object, whatever the number and size of watches.',
    command: 'sealscope.watchWritesTo',
    needsStop: true,
  },
  {
    label: '$(list-unordered) Show sealed writes',
    detail: 'Every store that a seal refused, with what became of it.',
    command: 'sealscope.sealedWrites.focus',
  },
  {
    label: '$(terminal) Show the guest console',
    detail: 'What the guest writes, and a keyboard for it.',
    command: 'sealscope.showConsole',
  },
];

export function registerPhaseCommands(sessions: SealscopeSessions): Disposable {
  /** Sessions that stop at each seal. */
  const stopping = new WeakMap<SealscopeSession, boolean>();
  return Disposable.from(
    commands.registerCommand('sealscope.runToSeal', () =>
      sessions.active?.request('sealscope/runToSeal', {}),
    ),
    commands.registerCommand('sealscope.stopAtSeal', async () => {
      const { active } = sessions;
      if (active === undefined) return;
      const isOn = stopping.get(active) ?? active.debugSession.configuration['stopAtSeal'] === true;
      const { enabled } = await active.request('sealscope/stopAtSeal', { enabled: !isOn });
      stopping.set(active, enabled);
      const message = enabled
        ? 'The guest stops when a region is sealed.'
        : 'The guest no longer stops at seals.';
      window.setStatusBarMessage(message, 5000);
    }),
    commands.registerCommand('sealscope.showCommands', async () => {
      const stands = sessions.active?.state === 'stopped';
      const offered = MENU.filter(({ needsStop }) => stands || needsStop !== true);
      const picked = await window.showQuickPick(offered, { title: 'Sealscope', matchOnDetail: true });
      if (picked !== undefined) await commands.executeCommand(picked.command);
    }),
  );
}
