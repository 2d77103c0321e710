/** The windows: a histogram of their lengths, and a row each. */
import type { SealWindow, WindowDetails, Windows } from '../../views/timeline/messages.ts';
import { ArrayRows } from '../common/arrayRows.ts';
import { element, mark } from '../common/dom.ts';
import { sourceLink, type OpenSource } from '../common/sourceLink.ts';
import { VirtualGrid } from '../common/virtualGrid.ts';
import { countText, stepText } from '../common/words.ts';

const columns = [
  { id: 'number', label: 'Window' },
  { id: 'step', label: 'Opened at' },
  { id: 'hart', label: 'Hart' },
  { id: 'by', label: 'Opener' },
  { id: 'pages', label: 'Pages' },
  { id: 'stores', label: 'Stores' },
  { id: 'length', label: 'Steps' },
  { id: 'ended', label: 'How it ended' },
  { id: 'rules', label: 'Broken rules' },
] as const;

export interface WindowEvents {
  activate(window: SealWindow): void;
  choose(window: SealWindow): void;
}

const keyOf = ({ number }: SealWindow): string => String(number);

export class WindowGrid {
  readonly root: HTMLElement;
  readonly #grid: VirtualGrid<SealWindow>;
  #rows = new ArrayRows<SealWindow>([], keyOf);

  constructor(events: WindowEvents) {
    this.#grid = new VirtualGrid<SealWindow>(
      this.#rows,
      {
        ...{ role: 'grid', label: 'Windows', columns, rowHeight: 22 },
        narrow: { below: 1000, height: 42 },
        keyOf,
        findText: ({ opener, number }) => `${opener.function} ${number}`,
        fill: fillWindow,
      },
      {
        activate: (key) => {
          const index = this.#rows.indexOf(key);
          if (index >= 0) events.activate(this.#rows.at(index));
        },
        choose: (window) => events.choose(window),
        key: () => false,
      },
    );
    this.root = this.#grid.root;
    this.root.classList.add('windows');
  }

  show(windows: readonly SealWindow[], active: SealWindow | undefined): void {
    this.#rows = new ArrayRows(windows, keyOf);
    this.#grid.show(this.#rows, active && keyOf(active));
  }
}

function fillWindow(target: HTMLElement, window: SealWindow): void {
  const { number, opened, opener, pageCount, storeCount, length, violations, allowedBy } = window;
  const cells: (readonly (Node | string)[])[] = [
    [String(number)],
    [stepText(opened.step)],
    [String(opened.hart)],
    [`${opener.function || opener.pc}${allowedBy === undefined ? '' : ' (allowed)'}`],
    [countText(pageCount, 'page', 'pages')],
    [stepText(String(storeCount))],
    [stepText(length)],
    [endText(window)],
    violations.length === 0 ? [] : [mark('✕', 'Broken rules:', 'fault'), violations.join(', ')],
  ];
  for (const [index, content] of cells.entries()) target.children[index]!.replaceChildren(...content);
}

const crossingWords = { return: 'a return', trap: 'a trap', switch: 'a switch of page tables' } as const;

export function endText({ closed, crossings, staleHarts }: SealWindow): string {
  const end =
    closed === undefined
      ? 'still open'
      : closed.byOpener
        ? 'closed by its opener'
        : `closed by ${closed.moment.place.function || closed.moment.place.pc}`;
  const crossed = [...new Set(crossings.map(({ kind }) => crossingWords[kind]))];
  return [
    end,
    ...(crossed.length === 0 ? [] : [`open over ${crossed.join(', ')}`]),
    ...(staleHarts.length === 0 ? [] : [`TLB of hart ${staleHarts.join(', ')} was not told`]),
  ].join('; ');
}

/** Bars of powers of two, with their numbers: nothing is told by height alone. */
export function histogramOf({ histogram, total }: Windows): HTMLElement {
  const most = Math.max(1, ...histogram);
  const bars = histogram.map((count, power) => {
    const bar = element('span', { class: 'bar' });
    bar.style.height = `${(count / most) * 100}%`;
    const label = power === 0 ? '1' : `2^${power}`;
    const words = `${countText(count, 'window', 'windows')} of ${stepText(String(2 ** power))} to ${stepText(String(2 ** (power + 1) - 1))} steps`;
    return element(
      'li',
      { title: words, 'aria-label': words },
      element('span', { class: 'count', 'aria-hidden': 'true' }, count === 0 ? '' : stepText(String(count))),
      element('span', { class: 'room', 'aria-hidden': 'true' }, bar),
      element('span', { class: 'length', 'aria-hidden': 'true' }, label),
    );
  });
  return element(
    'figure',
    { class: 'histogram' },
    element('figcaption', {}, `${countText(total, 'window', 'windows')}; closed ones by length in steps`),
    element('ol', {}, ...bars),
  );
}

/** Pages, stores inside, and the sealed objects that it exposed. */
export function windowDetails(
  window: SealWindow,
  details: WindowDetails | undefined,
  openSource: OpenSource,
): HTMLElement {
  const { opened, opener, pages, pageCount, harts, closed } = window;
  const facts = element(
    'ul',
    { class: 'facts' },
    element('li', {}, `Opened by ${opener.function || opener.pc} `, sourceLink(opener, openSource)),
    element('li', {}, `Harts that could write: ${harts.join(', ') || 'none'}`),
    closed === undefined
      ? undefined
      : element(
          'li',
          {},
          `Closed at step ${stepText(closed.moment.step)} `,
          sourceLink(closed.moment.place, openSource),
        ),
    element(
      'li',
      {},
      `${countText(pageCount, 'page', 'pages')}: ${pages.map(({ address, kind }) => `${address} (${kind === 'home' ? 'where it was sealed' : 'an alias'})`).join(', ')}`,
    ),
  );
  const root = element(
    'div',
    {},
    element('h2', {}, `Window ${window.number}, step ${stepText(opened.step)}`),
    facts,
  );
  if (details === undefined) return root;
  const { exposed, stores } = details;
  const names = exposed.map(({ name }) => name).join(', ');
  facts.append(element('li', {}, `Exposed sealed objects: ${names === '' ? 'none with a name' : names}`));
  if (stores.length > 0)
    root.append(
      element(
        'ol',
        { class: 'inside', 'aria-label': 'Stores inside' },
        ...stores.map(({ step, hart, place, object, address, oldValue, newValue }) =>
          element(
            'li',
            {},
            `step ${stepText(step)}, hart ${hart}: ${object ?? address} ${oldValue} → ${newValue} by ${place.function || place.pc} `,
            sourceLink(place, openSource),
          ),
        ),
      ),
    );
  return root;
}
