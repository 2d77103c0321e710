/** Every refused store of a session in the debug side bar, and the objects whose stores are watched. */
import {
  Disposable,
  EventEmitter,
  MarkdownString,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  window,
} from 'vscode';
import { actionLooks } from '../../fault/index.ts';
import type { Watch, Watches } from '../../jump/index.ts';
import { type Place, openPlace, placeText } from '../../places.ts';
import type { SealedWrite, SealedWrites } from './sealedWrites.ts';

/** `address` lets the jumps be offered on a line. */
export type Node =
  | { readonly kind: 'write'; readonly write: SealedWrite; readonly address: string }
  | { readonly kind: 'line'; readonly name: string; readonly value: string; readonly place?: Place }
  | { readonly kind: 'watch'; readonly watch: Watch; readonly address: string };

const REDUNDANT = { always: 'redundant', sometimes: 'sometimes redundant', never: '' } as const;

/** The choices by the names that they have everywhere, and what else can become of a store. */
const OUTCOMES: Readonly<Record<SealedWrite['actions'][number]['action'], string>> = {
  oops: actionLooks.oops.title,
  retry: actionLooks.retry.title,
  'write-once': actionLooks['write-once'].title,
  skip: actionLooks.skip.title,
  log: 'logged',
  ask: 'waits for a choice',
  ignored: 'ignored by a rule',
};

export class SealedWritesView implements TreeDataProvider<Node>, Disposable {
  readonly #writes: SealedWrites;
  readonly #watches: Watches;
  readonly #view: TreeView<Node>;
  readonly #didChangeTree = new EventEmitter<undefined>();
  readonly #registrations: Disposable;
  readonly onDidChangeTreeData = this.#didChangeTree.event;

  constructor(writes: SealedWrites, watches: Watches) {
    this.#writes = writes;
    this.#watches = watches;
    this.#view = window.createTreeView('sealscope.sealedWrites', { treeDataProvider: this });
    this.#registrations = Disposable.from(
      this.#view,
      this.#didChangeTree,
      writes.onDidChange(() => this.#show()),
      watches.onDidChange(() => this.#show()),
    );
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      return [
        ...this.#writes.writes.map((write): Node => ({ kind: 'write', write, address: write.address })),
        ...this.#watches.all.map((watch): Node => ({ kind: 'watch', watch, address: watch.address })),
      ];
    }
    return node.kind === 'write' ? linesOf(node.write) : [];
  }

  getTreeItem(node: Node): TreeItem {
    switch (node.kind) {
      case 'write':
        return writeItem(node.write);
      case 'line':
        return lineItem(node.name, node.value, node.place);
      case 'watch':
        return watchItem(node.watch);
    }
  }

  #show(): void {
    this.#view.description = headingOf(this.#writes.writes);
    this.#didChangeTree.fire(undefined);
  }
}

/** `3 refused, 2 ignored`: a kernel's probes of its own protection are expected. */
function headingOf(writes: readonly SealedWrite[]): string {
  const actions = writes.flatMap((write) => write.actions);
  const times = (of: typeof actions): number => of.reduce((sum, { count }) => sum + count, 0);
  const ignored = times(actions.filter(({ action }) => action === 'ignored'));
  const refused = times(actions) - ignored;
  return [
    ...(refused === 0 ? [] : [`${refused} refused`]),
    ...(ignored === 0 ? [] : [`${ignored} ignored`]),
  ].join(', ');
}

function writeItem(write: SealedWrite): TreeItem {
  const { id, symbol, address, place, count, oldValue, newValue, redundant, report } = write;
  const item = new TreeItem(symbol === '' ? address : symbol, TreeItemCollapsibleState.Collapsed);
  // What became of it comes first: values of 64 bits push all that follows out of sight.
  const parts = [actionsText(write), REDUNDANT[redundant], placeText(place), `${oldValue} → ${newValue}`];
  item.id = `write ${id}`;
  item.description = `×${count}  ${parts.filter((part) => part !== '').join(' · ')}`;
  item.tooltip = new MarkdownString().appendCodeblock(report, 'text');
  item.iconPath = new ThemeIcon(redundant === 'always' ? 'circle-outline' : 'circle-filled');
  item.contextValue = 'write address';
  item.accessibilityInformation = {
    label: `Store to ${symbol === '' ? address : symbol}, refused ${count === 1 ? 'once' : `${count} times`}, ${parts.join(', ')}`,
  };
  const command = openPlace(place);
  if (command !== undefined) item.command = command;
  return item;
}

/** What became of it: `Make writable and retry ×2`. */
function actionsText({ actions }: SealedWrite): string {
  return actions
    .map(({ action, count }) => (count === 1 ? OUTCOMES[action] : `${OUTCOMES[action]} ×${count}`))
    .join(', ');
}

function linesOf(write: SealedWrite): Node[] {
  const { place, hart, sealedBy, declared, region, firstStep, lastStep } = write;
  const line = (name: string, value: string, at?: Place): Node => ({
    kind: 'line',
    name,
    value,
    ...(at === undefined ? {} : { place: at }),
  });
  return [
    line('stored by', `${place.function === '' ? place.pc : place.function}, hart ${hart}`, place),
    ...(sealedBy === undefined
      ? []
      : [line('sealed by', `${sealedBy.place.function}, hart ${sealedBy.hart}`, sealedBy.place)]),
    ...(declared === undefined ? [] : [line('declared', placeText(declared), declared)]),
    line('region', region),
    line('steps', firstStep === lastStep ? firstStep : `${firstStep} to ${lastStep}`),
  ];
}

function lineItem(name: string, value: string, place: Place | undefined): TreeItem {
  const item = new TreeItem(name);
  const where = place === undefined ? '' : placeText(place);
  item.description = where === '' || where === value ? value : `${value} (${where})`;
  item.tooltip = item.description;
  item.accessibilityInformation = { label: `${name}: ${item.description}` };
  const command = place && openPlace(place);
  if (command !== undefined) {
    item.command = command;
    item.iconPath = new ThemeIcon('go-to-file');
  }
  return item;
}

function watchItem({ id, text, hits }: Watch): TreeItem {
  const item = new TreeItem(text);
  item.id = `watch ${id}`;
  item.description =
    hits === 0 ? 'watched, no store yet' : `watched, ${hits === 1 ? '1 store' : `${hits} stores`}`;
  item.iconPath = new ThemeIcon('eye');
  item.contextValue = 'watch address';
  item.accessibilityInformation = { label: `Watching stores to ${text}, ${hits} so far` };
  return item;
}
