/**
 * The permission timeline. It asks for itself, whenever the session has news or a person looks elsewhere; what it has
 * is the one state, and each part draws itself from it.
 */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { SessionNews } from '../../views/common/messages.ts';
import type { Difference, PermissionEvent } from '../../views/timeline/messages.ts';
import { button, option } from '../common/controls.ts';
import { element } from '../common/dom.ts';
import { Store } from '../common/store.ts';
import { Tabs } from '../common/tabs.ts';
import { countText, stepText } from '../common/words.ts';
import { ChangeGrid, differenceKey, differenceLook, eventDetails, eventKey, eventLook } from './eventGrid.ts';
import { Loader, TimelineHost } from './loader.ts';
import { Scrubber } from './scrubber.ts';
import { type Filter, type State, type Tab, filterLabels, filters, initialState, toKeep } from './state.ts';
import { WindowGrid, histogramOf, windowDetails } from './windowList.ts';

/** Waits for a pause in typing or scrubbing before it asks, in milliseconds. */
const PATIENCE = 120;
const REGION = 'region ';

const host = new TimelineHost(hear);
const store = new Store<State>(initialState(host.kept), render);
const loader = new Loader(host, store);
let timer: ReturnType<typeof setTimeout> | undefined;

const openSource = (path: string, line: number): void => host.tell({ type: 'openSource', path, line });
const copy = (address: string): void => host.tell({ type: 'copyAddress', address });
const toDetails = (): void => {
  store.flush();
  details.querySelector('button')?.focus();
};

const filter = document.createElement('vscode-single-select');
filter.label = 'Show';
filter.addEventListener('change', () => {
  const { value } = filter;
  const isRegion = value.startsWith(REGION);
  store.update(
    isRegion
      ? { filter: 'all', region: value.slice(REGION.length), place: undefined }
      : { filter: value as Filter, region: undefined },
  );
  void loader.reload();
});
const find = document.createElement('vscode-textfield');
find.label = 'Address or symbol';
find.placeholder = 'Address or symbol';
find.type = 'search';
find.addEventListener('input', () => later(() => void look(find.value.trim())));
find.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  find.value = '';
  void look('');
});

const scrubber = new Scrubber({
  move: (moment) => {
    store.update({ moment });
    // The next key may come before the next frame, and means the moment as it is then.
    store.flush();
    later(() => void loader.reload());
  },
});
const events = new ChangeGrid<PermissionEvent>(eventLook, {
  ...{ openSource, copy, choose: toDetails },
  activate: (active) => store.update({ active }),
  atEnd: () => void loader.older(),
});
const differences = new ChangeGrid<Difference>(differenceLook, {
  ...{ openSource, copy, choose: toDetails },
  activate: (activeDifference) => store.update({ activeDifference }),
});
const windows = new WindowGrid({
  choose: toDetails,
  activate: (window) => {
    if (window.number === store.state.window?.number) return;
    store.update({ window, windowDetails: undefined });
    void loader.window(window);
  },
});

const none = element('p', { class: 'none' });
const differenceText = element('p', { class: 'none' });
const histogram = element('div', {});
const panels = {
  events: element('div', { class: 'panel' }, none, events.root),
  difference: element('div', { class: 'panel' }, differenceText, differences.root),
  windows: element('div', { class: 'panel' }, histogram, windows.root),
};
const tabs = new Tabs<Tab>('What to show', panels, (tab) => {
  store.update({ tab });
  store.flush();
});
const details = element('div', {
  class: 'details',
  role: 'region',
  'aria-label': 'Active row',
  tabindex: 0,
});
const notice = element('div', { class: 'spoken', role: 'status' });
const help = element(
  'div',
  { class: 'help' },
  element(
    'p',
    {},
    'Every change of what the page tables permit appears here, from boot on: who made it, when, and what differs between two moments.',
  ),
);
const refresh = button('Refresh', () => void loader.refresh());
const content = element(
  'div',
  { class: 'content' },
  scrubber.root,
  tabs.root,
  ...Object.values(panels),
  details,
);
const main = element(
  'main',
  {},
  element(
    'header',
    {},
    element('h1', {}, 'Permission timeline'),
    element(
      'div',
      { role: 'toolbar', class: 'toolbar', 'aria-label': 'Permission timeline' },
      filter,
      find,
      button('Mark A', () => setMark('a')),
      button('Mark B', () => setMark('b')),
      refresh,
    ),
  ),
  notice,
  help,
  content,
);
document.body.append(main);

function hear({ state }: SessionNews): void {
  store.update({ session: state });
  if (state !== 'none') void loader.refresh();
}

function later(act: () => void): void {
  clearTimeout(timer);
  timer = setTimeout(act, PATIENCE);
}

/** Only changes that touch this. */
async function look(text: string): Promise<void> {
  try {
    const place = text === '' ? undefined : await loader.rangeOf(text);
    if (text !== '' && place === undefined) {
      store.update({ problem: `Nothing is called ${text}.` });
      return;
    }
    store.update({ place, problem: undefined });
    await loader.reload();
  } catch (error) {
    store.update({ problem: (error as Error).message });
  }
}

/** Marks the chosen moment; with both marks, what differs between them is shown. */
function setMark(name: 'a' | 'b'): void {
  const { run, moment, marks } = store.state;
  if (run === undefined) return;
  const now = BigInt(run.parts.from) + BigInt(run.parts.width) * BigInt(run.parts.counts.length);
  const changed = { ...marks, [name]: moment ?? now };
  store.update({ marks: changed, tab: 'difference', differences: undefined });
  void loader.compare();
}

function render(state: State, before: State | undefined): void {
  const { run, session, regions, tab } = state;
  help.hidden = run !== undefined;
  content.hidden = run === undefined;
  refresh.hidden = session === 'none';
  main.classList.toggle('stale', session === 'none' && run !== undefined);
  const said = noticeOf(state);
  if (notice.textContent !== said) notice.textContent = said;
  // Not hidden: screen readers announce only what changes in a region that they know.
  notice.className = said === '' ? 'spoken' : 'notice';
  if (regions !== before?.regions || state.filter !== before.filter || state.region !== before.region)
    renderFilter(state);
  scrubber.render(run, state.moment, state.marks);
  tabs.render(tab, {
    events: `Changes up to ${state.moment === undefined ? 'now' : `step ${stepText(String(state.moment))}`}`,
    difference: 'Between A and B',
    windows: `Windows (${stepText(String(state.windows?.total ?? 0))})`,
  });
  none.hidden = state.events.length > 0;
  none.textContent = 'No change up to this moment passes the filter.';
  events.root.hidden = state.events.length === 0;
  if (state.events !== before?.events) events.show(state.events, state.active);
  renderDifferences(state, before);
  if (state.windows !== undefined && state.windows !== before?.windows) {
    histogram.replaceChildren(histogramOf(state.windows));
    windows.show(state.windows.windows, state.window);
  }
  windows.root.hidden = state.windows === undefined || state.windows.windows.length === 0;
  renderDetails(state, before);
  host.keep(toKeep(state));
}

function renderFilter({ regions, filter: chosen, region }: State): void {
  filter.replaceChildren(
    ...filters.map((each) => option(each, filterLabels[each])),
    ...regions.map(({ name }) => option(`${REGION}${name}`, `Sealed: ${name}`)),
  );
  const value = region === undefined ? chosen : `${REGION}${region}`;
  // The select takes its value from its options, and learns of these only later.
  for (const each of filter.querySelectorAll('vscode-option')) each.selected = each.value === value;
}

function renderDifferences(
  { differences: found, marks: { a, b }, activeDifference }: State,
  before: State | undefined,
): void {
  differenceText.textContent = differenceTextOf(a, b, found);
  differences.root.hidden = found === undefined || found.total === 0;
  if (found !== undefined && found !== before?.differences)
    differences.show(found.differences, activeDifference);
}

function differenceTextOf(a: bigint | undefined, b: bigint | undefined, found: State['differences']): string {
  const at = (step: bigint | undefined): string =>
    step === undefined ? 'not set' : `step ${stepText(String(step))}`;
  const marks = `A: ${at(a)}. B: ${at(b)}.`;
  if (a === undefined || b === undefined)
    return `${marks} Choose a moment above and press Mark A or Mark B: then this is what differs between the two.`;
  if (found === undefined) return marks;
  if (found.total === 0) return `${marks} No page permits anything else at one than at the other.`;
  const shown = found.differences.length;
  return shown < found.total
    ? `${marks} The first ${stepText(String(shown))} of ${stepText(String(found.total))} ranges that differ.`
    : `${marks} ${countText(found.total, 'range differs', 'ranges differ')}.`;
}

function renderDetails(state: State, before: State | undefined): void {
  const node = detailsOf(state);
  details.hidden = node === undefined;
  const isSame =
    state.tab === before?.tab &&
    state.events === before.events &&
    state.active === before.active &&
    state.differences === before.differences &&
    state.activeDifference === before.activeDifference &&
    state.window === before.window &&
    state.windowDetails === before.windowDetails;
  if (!isSame) details.replaceChildren(...(node === undefined ? [] : [node]));
}

function detailsOf({
  tab,
  events: all,
  active,
  window,
  windowDetails: more,
  ...rest
}: State): HTMLElement | undefined {
  switch (tab) {
    case 'events': {
      const event = all.find((each) => eventKey(each) === active);
      return event && eventDetails(event, openSource);
    }
    case 'difference': {
      const found = rest.differences?.differences.find(
        (each) => differenceKey(each) === rest.activeDifference,
      );
      return found && eventDetails(found.last, openSource);
    }
    case 'windows':
      return window && windowDetails(window, more, openSource);
  }
}

function noticeOf({ problem, session, run }: State): string {
  if (problem !== undefined) return problem;
  if (run === undefined) return session === 'none' ? 'No session is running.' : '';
  if (session === 'none') return 'The session is over. This is how it was left.';
  if (session === 'running') return 'The machine runs. This is how it was when it was asked last.';
  if (!run.exhaustive) return 'There were more page tables than are followed: changes may be missing.';
  if (BigInt(run.supervisorCompleteFrom) > BigInt(run.parts.from))
    return `Older changes are no longer kept: nothing is missing from step ${stepText(run.supervisorCompleteFrom)} on.`;
  return '';
}

render(store.state, undefined);
host.tell({ type: 'ready' });
