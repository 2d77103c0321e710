/**
 * The page permissions view. Data flows one way: messages of the host and deeds of a person change the state, and
 * each part draws itself from it.
 */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { Spot } from '../../views/common/messages.ts';
import type { News } from '../../views/permissions/messages.ts';
import { element } from '../common/dom.ts';
import { Store } from '../common/store.ts';
import { PageMap } from './map/index.ts';
import { PageLoader } from './pageLoader.ts';
import { PhaseStrip } from './phaseStrip.ts';
import { type Row, Rows, mappingKey, pageKey, symbolKey } from './rows.ts';
import { mappingAt, passes, spaceOf } from './space.ts';
import { type State, initialState, toKeep } from './state.ts';
import { Toolbar } from './toolbar.ts';
import { Tree } from './tree.ts';
import { ViewHost } from './viewHost.ts';

const host = new ViewHost(hear);
const store = new Store(initialState(host.kept), render);
const loader = new PageLoader(host, store);
let since: number | undefined;
let rows = Rows.none;

const phases = new PhaseStrip((path, line) => host.tell({ type: 'openSource', path, line }));
const toolbar = new Toolbar({
  showMap: (isMapShown) => store.update({ isMapShown }),
  since: (ordinal) => {
    since = ordinal;
    host.tell({ type: 'since', since });
  },
  filter: (filter) => store.update({ filter }),
  find: async (query) => host.ask('sealscope/find', { query, limit: 50 }),
  goTo: (spot) => void reveal(spot, true),
  leave: () => tree.focus(),
});
const map = new PageMap({
  visit: (index, isChosen) => {
    const mapping = store.state.space?.mappings[index];
    if (mapping === undefined) return;
    if (isChosen && !passes(mapping, store.state.filter)) {
      store.update({ filter: 'all' });
      store.flush();
    }
    tree.reveal(mappingKey(mapping.start), isChosen);
  },
});
const tree = new Tree({
  activate: (active) => store.update({ active }),
  expand: (key, isExpanded) => {
    const expanded = new Set(store.state.expanded);
    if (isExpanded) expanded.add(key);
    else expanded.delete(key);
    store.update({ expanded });
    // The next key may come before the next frame, and means the rows as they are then.
    store.flush();
  },
  choose: (row) => {
    if (row.kind === 'alias') void reveal({ address: row.alias.start }, true);
  },
  need: (row) => void loader.need(row.mapping, row.index).catch(fail),
  key: (event, row) => {
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key === 'c') {
      const spot = spotOf(row);
      if (spot !== undefined) host.tell({ type: 'copyAddress', address: spot.address });
    } else if ((isCommand && event.key === 'f') || event.key === '/') toolbar.focusFind();
    else return false;
    event.preventDefault();
    return true;
  },
  context: (row) => {
    const spot = spotOf(row);
    return JSON.stringify({
      ...spot,
      webviewSection: spot === undefined ? 'none' : 'place',
      preventDefaultContextMenuItems: true,
    });
  },
});

const notice = element('div', { class: 'notice', role: 'status' });
const start = document.createElement('vscode-button');
start.textContent = 'Start debugging';
start.addEventListener('click', () => host.tell({ type: 'startDebugging' }));
const help = element(
  'div',
  { class: 'help' },
  element('p', {}, 'The memory permissions of the kernel appear here when the machine stops.'),
  element(
    'p',
    {},
    'You will see each mapping, what it permits now and as linked, who sealed it, and what changed since an earlier stop.',
  ),
  start,
);
const nothing = element('p', { class: 'nothing' });
const main = element(
  'main',
  {},
  element('h1', { class: 'spoken' }, 'Page permissions'),
  element('header', {}, phases.root, toolbar.root),
  notice,
  map.root,
  help,
  nothing,
  tree.root,
);
document.body.append(main);

function hear(message: News): void {
  switch (message.type) {
    case 'stopped':
      stopped(message);
      break;
    case 'running':
      store.update({ session: 'running', name: message.session, problem: undefined });
      break;
    case 'ended':
      store.update({ session: 'none', problem: undefined });
      break;
    case 'phases':
      store.update({ phases: message.phases });
      break;
    case 'failed':
      fail(new Error(message.message));
      break;
    case 'reveal':
      void reveal(message.spot, true);
      break;
  }
}

function stopped({ permissions, regions, session, phases: told }: Extract<News, { type: 'stopped' }>): void {
  const space = spaceOf(permissions, regions);
  const { state } = store;
  // A session that was started again counts its stops from 1 again.
  const isNewStop = state.session !== 'stopped' || state.name !== session || state.space?.stop !== space.stop;
  const pages = loader.carryOver(space);
  store.update({ session: 'stopped', name: session, space, pages, phases: told, problem: undefined });
  const faulting = isNewStop ? space.mappings.find(({ fault }) => fault === true) : undefined;
  if (faulting !== undefined) void revealFault(faulting.start);
}

function fail(error: unknown): void {
  if (store.state.session === 'stopped' || store.state.space === undefined)
    store.update({ problem: error instanceof Error ? error.message : String(error) });
}

/** Opens what hides an address, and goes to its page, or to the symbol there that `spot` names. */
async function reveal(spot: Spot, takeFocus: boolean): Promise<void> {
  const { space } = store.state;
  if (space === undefined) return;
  const address = BigInt(spot.address);
  const index = mappingAt(space, address);
  const mapping = space.mappings[index];
  if (mapping === undefined) {
    store.update({ problem: `${spot.name ?? spot.address} is not mapped at this stop.` });
    return;
  }
  open(mappingKey(mapping.start), passes(mapping, store.state.filter) ? store.state.filter : 'all');
  const at = Number((address - space.starts[index]!) / BigInt(mapping.pageSize));
  await loader.need(mapping, at).catch(fail);
  const page = store.state.pages.get(mapping.start)?.pages.get(at);
  const symbol = page?.symbols.find(({ name }) => name === spot.name);
  if (page !== undefined && symbol !== undefined) open(pageKey(page.address));
  store.update({ problem: undefined });
  store.flush();
  const key =
    page === undefined
      ? mappingKey(mapping.start)
      : symbol === undefined
        ? pageKey(page.address)
        : symbolKey(page.address, symbol);
  tree.reveal(key, takeFocus);
}

/** At a refused store the page stands on the screen, but the focus stays where it was. */
async function revealFault(start: string): Promise<void> {
  const mapping = store.state.space?.mappings.find((candidate) => candidate.start === start);
  if (mapping === undefined) return;
  open(mappingKey(start));
  await loader.need(mapping, 0).catch(fail);
  store.flush();
  const faulting = [...(store.state.pages.get(start)?.pages.values() ?? [])].find(
    ({ fault }) => fault !== undefined,
  );
  tree.reveal(faulting === undefined ? mappingKey(start) : pageKey(faulting.address), false);
}

function open(key: string, filter = store.state.filter): void {
  store.update({ filter, expanded: new Set(store.state.expanded).add(key) });
  store.flush();
}

/** What commands on a row are about. */
function spotOf(row: Row): Spot | undefined {
  switch (row.kind) {
    case 'mapping': {
      const { start, end } = row.mapping;
      return { address: start, size: Number(BigInt(end) - BigInt(start)) };
    }
    case 'page':
      return { address: row.address, size: row.page?.size ?? row.mapping.pageSize };
    case 'symbol': {
      const { name, address, size } = row.symbol;
      return { address, size, name };
    }
    case 'alias':
      return { address: row.alias.start };
    default:
      return undefined;
  }
}

function render(state: State, before: State | undefined): void {
  const { space, session, filter, expanded, pages, active } = state;
  phases.render(state);
  toolbar.render(state, since);
  toolbar.root.hidden = space === undefined;
  help.hidden = space !== undefined || session !== 'none';
  tree.root.hidden = space === undefined;
  const isWritable = space?.mappings.some(({ holes }) => holes !== undefined) ?? false;
  tree.root.classList.toggle('closed', !isWritable);
  main.classList.toggle('stale', session !== 'stopped' && space !== undefined);
  const said = noticeOf(state);
  if (notice.textContent !== said) notice.textContent = said;
  // Not hidden: screen readers announce only what changes in a region that they know.
  notice.className = said === '' ? 'spoken' : 'notice';
  map.render(state, active === undefined ? undefined : addressOf(active));
  const isRowsDue =
    space !== before?.space ||
    filter !== before?.filter ||
    expanded !== before.expanded ||
    pages !== before.pages;
  if (isRowsDue) {
    rows = space === undefined ? Rows.none : new Rows({ space, filter, expanded, pages });
    tree.show(rows, active);
  }
  nothing.hidden = space === undefined || rows.length > 0;
  nothing.textContent = emptyText(state);
  host.keep(toKeep(state));
}

function noticeOf({ session, space, problem }: State): string {
  if (problem !== undefined) return problem;
  if (session === 'running')
    return space === undefined
      ? 'The machine runs. Permissions appear when it stops.'
      : `The machine runs. This was stop ${space.stop}.`;
  if (session === 'none' && space !== undefined) return 'The session is over. This was its last stop.';
  if (space?.complete === false)
    return 'Only the first 100,000 mappings are shown. Search still finds the others.';
  if (space?.mode === 'bare')
    return 'Address translation is off: every address is physical, and no page table restricts stores.';
  return '';
}

const emptyText = ({ filter }: State): string =>
  filter === 'all' ? 'Nothing is mapped.' : 'No mapping passes this filter.';

/** The address in a row's key. */
const addressOf = (key: string): bigint | undefined => {
  const [, address] = key.split(' ', 2);
  return address === undefined ? undefined : BigInt(address);
};

render(store.state, undefined);
host.tell({ type: 'ready' });
