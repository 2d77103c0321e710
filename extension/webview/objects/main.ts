/**
 * The view of write-once memory. It asks for itself, whenever the session has news; what it has is the one state, and
 * each part draws itself from it.
 */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { Deed, SessionNews, Spot } from '../../views/common/messages.ts';
import type {
  ObjectPage,
  ObjectPages,
  Question,
  Violation,
  WriteOnceObject,
} from '../../views/objects/messages.ts';
import { button, option } from '../common/controls.ts';
import { element } from '../common/dom.ts';
import { Host } from '../common/host.ts';
import { Store } from '../common/store.ts';
import { stepText } from '../common/words.ts';
import { LaneGrid } from './laneGrid.ts';
import { type Axis, axes } from './lanes.ts';
import { eventList, violationList } from './lists.ts';
import { PageGrid } from './pageGrid.ts';
import { summaryOf } from './summary.ts';

/** What the adapter has told, all at the same time. */
interface Memory {
  readonly names: readonly string[];
  readonly complete: boolean;
  readonly total: number;
  readonly objects: readonly WriteOnceObject[];
  readonly pages: ObjectPages;
  readonly violations: readonly Violation[];
}

interface State {
  readonly session: SessionNews['state'];
  readonly memory: Memory | undefined;
  readonly problem: string | undefined;
  /** Only objects that touch the page of this address are shown. */
  readonly page: string | undefined;
  readonly axis: Axis;
  readonly active: string | undefined;
}

/** Objects that are asked for at once, and those that are shown: a page has no more than 512. */
const PORTION = 1000;
const MAX_SHOWN = 4000;

const axisLabels: Readonly<Record<Axis, string>> = {
  event: 'Each event the same room',
  step: 'Room by steps',
};

const host = new Host<Question, { readonly type: 'ready' } | Deed, SessionNews>(hear);
const kept = (host.kept ?? {}) as { readonly axis?: unknown };
const store = new Store<State>(
  {
    ...{ session: 'none', memory: undefined, problem: undefined, page: undefined, active: undefined },
    axis: axes.find((known) => known === kept.axis) ?? 'event',
  },
  render,
);
let loading = 0;

const openSource = (path: string, line: number): void => host.tell({ type: 'openSource', path, line });

const lanes = new LaneGrid({
  activate: (active) => store.update({ active }),
  choose: () => {
    store.flush();
    details.querySelector('button')?.focus();
  },
  copy: ({ address }) => host.tell({ type: 'copyAddress', address }),
  context: ({ address, size }) => contextOf({ address, size }),
});
const pages = new PageGrid({
  choose: (page, object) => void showPage(page, object),
  context: ({ address }) => contextOf({ address, size: 4096 }),
});

const axis = document.createElement('vscode-single-select');
axis.label = 'Axis of the lives';
axis.append(...axes.map((each) => option(each, axisLabels[each])));
axis.addEventListener('change', () => store.update({ axis: axis.value as Axis }));
const refresh = button('Refresh', () => void load());
const all = button('All pages', () => {
  store.update({ page: undefined });
  void load();
});

const notice = element('div', { class: 'spoken', role: 'status' });
const help = element(
  'div',
  { class: 'help' },
  element(
    'p',
    {},
    'Objects that are written once, sealed, and freed appear here: the life of each, the pages that they share, and the rules that were broken.',
  ),
  element(
    'p',
    {},
    'Name the functions that allocate, initialise and free them in the attribute writeOnce of a launch configuration; the sample write-once-slab shows how.',
  ),
);
const summary = element('div', {});
const violations = element('div', {});
const details = element('div', {
  class: 'details',
  role: 'region',
  'aria-label': 'Active object',
  tabindex: 0,
});
const laneTitle = element('h2', {}, 'Lives');
const legend = element('p', { class: 'legend' });
const content = element(
  'div',
  { class: 'content' },
  summary,
  element('h2', {}, 'Rules that were broken'),
  violations,
  element('h2', {}, 'Pages'),
  pages.root,
  element('div', { class: 'bar' }, laneTitle, all, axis),
  legend,
  lanes.root,
  details,
);
const main = element(
  'main',
  {},
  element(
    'header',
    {},
    element('h1', {}, 'Write-once memory'),
    element('div', { role: 'toolbar', class: 'toolbar', 'aria-label': 'Write-once memory' }, refresh),
  ),
  notice,
  help,
  content,
);
legend.append(
  ...(['allocated', 'initialising', 'sealed', 'freed'] as const).flatMap((kind) => [
    element('span', { class: `segment sample ${kind}`, 'aria-hidden': 'true' }, kind[0]!.toUpperCase()),
    ` ${kind}  `,
  ]),
  '✕ violation',
);
document.body.append(main);

function hear({ state, session }: SessionNews): void {
  store.update({ session: state });
  if (state !== 'none') void load();
  else if (session === '') store.update({ problem: undefined });
}

async function load(): Promise<void> {
  const mine = ++loading;
  const { page } = store.state;
  try {
    const [objects, found, { violations: broken }] = await Promise.all([
      objectsOf(page),
      pagesOf(),
      host.ask('sealscope/objectViolations', {}),
    ]);
    if (mine !== loading) return;
    store.update({ memory: { ...objects, pages: found, violations: broken }, problem: undefined });
  } catch (error) {
    if (mine === loading) store.update({ problem: (error as Error).message });
  }
}

async function objectsOf(page: string | undefined): Promise<Omit<Memory, 'pages' | 'violations'>> {
  const objects: WriteOnceObject[] = [];
  for (;;) {
    const portion = { first: objects.length, count: PORTION, ...(page === undefined ? {} : { page }) };
    const { memories, complete, total, objects: some } = await host.ask('sealscope/objects', portion);
    objects.push(...some);
    const isAll = some.length === 0 || objects.length >= Math.min(total, MAX_SHOWN);
    if (isAll) return { names: memories, complete, total, objects };
  }
}

async function pagesOf(): Promise<ObjectPages> {
  const found: ObjectPage[] = [];
  for (;;) {
    const told = await host.ask('sealscope/objectPages', { first: found.length, count: PORTION });
    found.push(...told.pages);
    if (told.pages.length === 0 || found.length >= Math.min(told.total, MAX_SHOWN))
      return { ...told, pages: found };
  }
}

/** The lives of one page's objects. */
async function showPage({ address }: Pick<ObjectPage, 'address'>, object: string | undefined): Promise<void> {
  store.update({ page: address, ...(object === undefined ? {} : { active: object }) });
  await load();
  store.flush();
  lanes.reveal(object ?? store.state.memory?.objects[0]?.address ?? '', true);
}

async function showObject(address: string): Promise<void> {
  const isShown = store.state.memory?.objects.some((object) => object.address === address) === true;
  if (isShown) lanes.reveal(address, true);
  else await showPage({ address }, address);
}

const contextOf = (spot: Spot): string =>
  JSON.stringify({ ...spot, webviewSection: 'place', preventDefaultContextMenuItems: true });

function render(state: State, before: State | undefined): void {
  const { memory, session, active, page } = state;
  const isKnown = memory !== undefined && memory.names.length > 0;
  help.hidden = isKnown;
  content.hidden = !isKnown;
  refresh.hidden = session === 'none';
  axis.value = state.axis;
  all.hidden = page === undefined;
  laneTitle.textContent = page === undefined ? 'Lives' : `Lives on the page of ${page}`;
  main.classList.toggle('stale', session === 'none' && memory !== undefined);
  const said = noticeOf(state);
  if (notice.textContent !== said) notice.textContent = said;
  notice.className = said === '' ? 'spoken' : 'notice';
  if (memory !== undefined && memory !== before?.memory) {
    summary.replaceChildren(summaryOf(memory.pages.fragmentation));
    violations.replaceChildren(
      memory.violations.length === 0
        ? element('p', { class: 'none' }, 'None so far.')
        : violationList(memory.violations, {
            openSource,
            showObject: (address) => void showObject(address),
          }),
    );
    pages.show(memory.pages.pages, undefined);
  }
  if (memory !== undefined && (memory !== before?.memory || state.axis !== before.axis))
    lanes.show(memory.objects, state.axis, active);
  const object = memory?.objects.find(({ address }) => address === active) ?? memory?.objects[0];
  details.hidden = object === undefined;
  if (object !== undefined && (memory !== before?.memory || active !== before?.active))
    details.replaceChildren(element('h2', {}, `Object ${object.address}`), eventList(object, openSource));
  host.keep({ axis: state.axis });
}

function noticeOf({ problem, session, memory }: State): string {
  if (problem !== undefined) return problem;
  if (memory === undefined) return session === 'none' ? 'No session is running.' : '';
  if (memory.names.length === 0) return 'This session watches no write-once memory.';
  if (session === 'none') return 'The session is over. This is how it was left.';
  if (memory.objects.length < memory.total)
    return `The first ${stepText(String(memory.objects.length))} of ${stepText(String(memory.total))} objects are shown. Choose a page to see those on it.`;
  if (!memory.complete) return 'There were more objects than are followed.';
  return session === 'running' ? 'The machine runs. This is how it was when it was asked last.' : '';
}

render(store.state, undefined);
host.tell({ type: 'ready' });
