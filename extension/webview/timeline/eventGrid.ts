/** Changes of permissions: a row each, newest first. */
import type { Difference, PermissionEvent } from '../../views/timeline/messages.ts';
import { ArrayRows } from '../common/arrayRows.ts';
import { element } from '../common/dom.ts';
import { becoming } from '../common/letters.ts';
import { sourceLink, type OpenSource } from '../common/sourceLink.ts';
import { type GridLook, VirtualGrid } from '../common/virtualGrid.ts';
import { shortEnd, stepText } from '../common/words.ts';

type Place = PermissionEvent['place'];

export interface ChangeEvents<Row> {
  activate(key: string): void;
  choose(row: Row): void;
  openSource: OpenSource;
  copy(address: string): void;
  /** The last row has come onto the screen. */
  atEnd?: () => void;
}

type Look<Row> = Pick<GridLook<Row>, 'label' | 'columns' | 'keyOf' | 'findText'> & {
  readonly cells: (row: Row, openSource: OpenSource) => readonly (readonly (Node | string | undefined)[])[];
};

/** A grid of changes: events, or differences between two moments. */
export class ChangeGrid<Row extends { readonly start: string; readonly end: string }> {
  readonly root: HTMLElement;
  readonly #grid: VirtualGrid<Row>;
  readonly #keyOf: (row: Row) => string;
  #last: Row | undefined;

  constructor({ cells, ...look }: Look<Row>, events: ChangeEvents<Row>) {
    this.#keyOf = (row) => look.keyOf(row);
    this.#grid = new VirtualGrid<Row>(
      new ArrayRows<Row>([], this.#keyOf),
      {
        ...{ ...look, role: 'grid', rowHeight: 22, narrow: { below: 1000, height: 42 } },
        fill: (target, row) => {
          for (const [index, content] of cells(row, events.openSource).entries())
            target.children[index]!.replaceChildren(...content.filter((part) => part !== undefined));
        },
      },
      {
        activate: (key) => events.activate(key),
        choose: (row) => events.choose(row),
        key: (event, row) => {
          if (!(event.ctrlKey || event.metaKey) || event.key !== 'c') return false;
          events.copy(row.start);
          return true;
        },
        shown: (row) => {
          if (row === this.#last) events.atEnd?.();
        },
        context: ({ start, end }) =>
          JSON.stringify({
            ...{ address: start, size: Number(BigInt(end) - BigInt(start)) },
            ...{ webviewSection: 'place', preventDefaultContextMenuItems: true },
          }),
      },
    );
    this.root = this.#grid.root;
  }

  show(rows: readonly Row[], active: string | undefined): void {
    this.#last = rows.at(-1);
    this.#grid.show(new ArrayRows(rows, this.#keyOf), active);
  }
}

const range = ({ start, end }: Pick<PermissionEvent, 'start' | 'end'>): string =>
  `${start}–${shortEnd(start, end)}`;

const who = (place: Place, openSource: OpenSource): (Node | string | undefined)[] => [
  `${place.function || place.pc} `,
  withoutTab(sourceLink(place, openSource)),
];

/** Tab goes from the grid to what is behind it, not through its rows; keys reach the line in the list of details. */
function withoutTab(link: HTMLElement | undefined): HTMLElement | undefined {
  link?.setAttribute('tabindex', '-1');
  return link;
}

export const eventKey = ({ serial }: Pick<PermissionEvent, 'serial'>): string => String(serial);
export const differenceKey = ({ satp, start }: Difference): string => `${satp} ${start}`;

export const eventLook: Look<PermissionEvent> = {
  label: 'Permission changes',
  columns: [
    { id: 'step', label: 'Step' },
    { id: 'hart', label: 'Hart' },
    { id: 'range', label: 'Addresses' },
    { id: 'change', label: 'Permissions' },
    { id: 'kind', label: 'Kind' },
    { id: 'by', label: 'By' },
    { id: 'symbol', label: 'Symbol' },
  ],
  keyOf: eventKey,
  findText: ({ start, symbol, by }) => `${start} ${symbol ?? ''} ${by.function}`,
  cells: (event, openSource) => [
    [stepText(event.step)],
    [String(event.hart)],
    [range(event)],
    becoming(event.from, event.to),
    [event.cause === 'store' ? event.kind : `${event.kind}, ${event.cause}`],
    who(event.by, openSource),
    [event.symbol ?? ''],
  ],
};

export const differenceLook: Look<Difference> = {
  label: 'What differs between A and B',
  columns: [
    { id: 'range', label: 'Addresses' },
    { id: 'change', label: 'At A and at B' },
    { id: 'step', label: 'Last change' },
    { id: 'by', label: 'By' },
    { id: 'symbol', label: 'Symbol' },
  ],
  keyOf: differenceKey,
  findText: ({ start, symbol }) => `${start} ${symbol ?? ''}`,
  cells: ({ start, end, from, to, symbol, last }, openSource) => [
    [range({ start, end })],
    becoming(from, to),
    [stepText(last.step)],
    who(last.by, openSource),
    [symbol ?? ''],
  ],
};

/** What there is to say of one change: frames, page tables, cause, and the stack with its lines. */
export function eventDetails(event: PermissionEvent, openSource: OpenSource): HTMLElement {
  const { physical, physicalBefore, satp, cause, stack, place } = event;
  const frames =
    physicalBefore === physical || physicalBefore === undefined || physical === undefined
      ? (physical ?? physicalBefore ?? 'none')
      : `${physicalBefore} before, ${physical} now`;
  const frame = (at: Place): HTMLElement =>
    element('li', {}, `${at.function || at.pc} `, sourceLink(at, openSource));
  return element(
    'div',
    {},
    element('p', {}, `Frame ${frames}; page tables ${satp}; by ${causes[cause]}.`),
    element(
      'ol',
      { class: 'stack', 'aria-label': 'Stack, innermost first' },
      ...(stack.length === 0 ? [place] : stack).map(frame),
    ),
  );
}

const causes: Readonly<Record<PermissionEvent['cause'], string>> = {
  store: 'a store to a page table',
  satp: 'a switch of page tables',
  pmp: 'a PMP entry: addresses are guest-physical',
  debugger: 'a debugger or a device',
};
