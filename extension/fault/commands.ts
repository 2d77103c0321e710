/** The commands that choose: one for each choice, and a pick among all with what follows from each. */
import { Disposable, type QuickPickItem, commands, window } from 'vscode';
import { type Action, actions } from '../../server/debug/protocol.ts';
import { actionLooks } from './actions.ts';
import type { Fault, Faults } from './faults.ts';

interface ActionItem extends QuickPickItem {
  readonly action: Action;
}

export function registerFaultCommands(faults: Faults): Disposable {
  return Disposable.from(
    ...actions.map((action) =>
      commands.registerCommand(actionLooks[action].command, async () => {
        if (faults.current === undefined) explainNothingPending();
        else await faults.resolve(action);
      }),
    ),
    commands.registerCommand('sealscope.chooseFaultAction', async () => {
      const { current } = faults;
      const picked = current && (await pickAction(current));
      if (current === undefined) explainNothingPending();
      else if (picked !== undefined) await faults.resolve(picked);
    }),
  );
}

async function pickAction({ choices, chosen, facts }: Fault): Promise<Action | undefined> {
  const items = choices.map(({ action, consequence, caution }): ActionItem => {
    const { icon, title } = actionLooks[action];
    const isDefault = action === chosen ? ['Continue does this.'] : [];
    const detail = [...isDefault, ...(caution === undefined ? [] : [sentence(caution)])].join(' ');
    return {
      label: `$(${icon}) ${title}`,
      description: consequence,
      ...(detail === '' ? {} : { detail }),
      action,
    };
  });
  const picked = await window.showQuickPick(items, {
    title: `Refused store to ${facts.find(({ name }) => name === 'variable')?.value ?? 'sealed memory'}`,
    placeHolder: 'What shall happen to it?',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.action;
}

function explainNothingPending(): void {
  void window.showInformationMessage(
    'No store waits for a choice. Sealscope asks when the guest stores to sealed memory.',
  );
}

/** The adapter's phrases as sentences. */
export function sentence(phrase: string): string {
  return `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;
}
