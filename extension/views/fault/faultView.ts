/**
 * The refused store in the debug side bar: what can be done about it, and what is known of it, with ways to the
 * lines. A native tree, so that keyboard, themes and screen readers work as everywhere in VS Code.
 */
import { basename } from 'node:path';
import {
  Disposable,
  EventEmitter,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  window,
  workspace,
} from 'vscode';
import { type Choice, type Fact, type Fault, type Faults, actionLooks, sentence } from '../../fault/index.ts';
import { openPlace } from '../../places.ts';

type Line = Omit<Fact, 'below'>;

/** `address` lets the jumps be offered on a line. */
type Node =
  | { readonly kind: 'choice'; readonly choice: Choice; readonly chosen: boolean }
  | { readonly kind: 'fact'; readonly fact: Fact; readonly address: string | undefined }
  | { readonly kind: 'line'; readonly line: Line; readonly address: string | undefined };

/** The exception widget in the editor tells it; the view is narrow. */
const STORY = 'story';

/** Facts that are worth their lines at once. */
const EXPANDED = new Set(['why now']);

export class FaultView implements TreeDataProvider<Node>, Disposable {
  readonly #view: TreeView<Node>;
  readonly #didChangeTree = new EventEmitter<undefined>();
  readonly #registrations: Disposable;
  readonly onDidChangeTreeData = this.#didChangeTree.event;
  #roots: Node[] = [];
  /** The stop for which the view has come to the front. */
  #revealed: unknown;

  constructor(faults: Faults) {
    this.#view = window.createTreeView('sealscope.fault', { treeDataProvider: this });
    this.#registrations = Disposable.from(
      this.#view,
      this.#didChangeTree,
      faults.onDidChange((fault) => this.#show(fault)),
    );
    this.#show(faults.current);
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) return this.#roots;
    return node.kind === 'fact'
      ? node.fact.below.map((line): Node => ({ kind: 'line', line, address: line.address }))
      : [];
  }

  /** Asked for where a node is revealed; that is only ever done with the first. */
  getParent(): undefined {
    return undefined;
  }

  getTreeItem(node: Node): TreeItem {
    switch (node.kind) {
      case 'choice':
        return choiceItem(node.choice, node.chosen);
      case 'fact':
        return factItem(node.fact);
      case 'line':
        return lineItem(node.line, TreeItemCollapsibleState.None);
    }
  }

  #show(fault: Fault | undefined): void {
    this.#roots = fault === undefined ? [] : rootsOf(fault);
    this.#view.description = fault?.facts.find(({ name }) => name === 'variable')?.value ?? '';
    this.#didChangeTree.fire(undefined);
    if (fault !== undefined) void this.#reveal(fault);
  }

  /**
   * Brings the view to the front, as VS Code does with the debug views at a breakpoint, but at an exception does not.
   * Once a stop, so that whoever looks at something else is left in peace. The keyboard stays where it is.
   */
  async #reveal(fault: Fault): Promise<void> {
    const [first] = this.#roots;
    const { stop, debugSession } = fault.session;
    const isWanted =
      workspace.getConfiguration('debug').get('openDebug') !== 'neverOpen' &&
      debugSession.configuration['suppressDebugView'] !== true;
    if (first === undefined || !isWanted || stop === this.#revealed) return;
    this.#revealed = stop;
    await this.#view.reveal(first, { focus: false, select: false });
  }
}

function rootsOf({ choices, chosen, facts }: Fault): Node[] {
  return [
    ...choices.map((choice): Node => ({ kind: 'choice', choice, chosen: choice.action === chosen })),
    ...facts
      .filter(({ name }) => name !== STORY)
      .map((fact): Node => ({ kind: 'fact', fact, address: fact.address })),
  ];
}

function choiceItem({ action, consequence, caution }: Choice, isChosen: boolean): TreeItem {
  const { title, icon, command } = actionLooks[action];
  const item = new TreeItem(title);
  const warning = caution === undefined ? '' : ` ${sentence(caution)}`;
  item.id = `choice ${action}`;
  item.description = isChosen ? `${consequence} (what Continue does)` : consequence;
  item.tooltip = `${sentence(consequence)}${warning}`;
  item.iconPath = new ThemeIcon(icon);
  item.command = { command, title };
  item.contextValue = 'choice';
  item.accessibilityInformation = { label: `${title} ${item.description}.${warning}` };
  return item;
}

function factItem(fact: Fact): TreeItem {
  const { None, Collapsed, Expanded } = TreeItemCollapsibleState;
  const item = lineItem(
    fact,
    fact.below.length === 0 ? None : EXPANDED.has(fact.name) ? Expanded : Collapsed,
  );
  item.id = `fact ${fact.name}`;
  return item;
}

function lineItem(line: Line, state: TreeItemCollapsibleState): TreeItem {
  const item = new TreeItem(line.name, state);
  // The view is narrow: a file's name says where, its path is in the tooltip.
  item.description =
    line.path === undefined ? line.value : line.value.replaceAll(line.path, basename(line.path));
  item.tooltip = line.value;
  item.contextValue = line.address === undefined ? 'fact' : 'fact address';
  item.accessibilityInformation = { label: `${line.name} ${item.description}` };
  const command = openPlace(line);
  if (command !== undefined) {
    item.command = command;
    item.iconPath = new ThemeIcon('go-to-file');
  }
  return item;
}
