/** The pages that hold objects, as a heat map of their stores: a row each, in it a cell for each object. */
import type { ObjectPage } from '../../views/objects/messages.ts';
import { ArrayRows } from '../common/arrayRows.ts';
import { element, mark, spoken } from '../common/dom.ts';
import { VirtualGrid } from '../common/virtualGrid.ts';
import { countText, stepText } from '../common/words.ts';
import { stateLetters, usedPercent } from './words.ts';

const columns = [
  { id: 'page', label: 'Page' },
  { id: 'live', label: 'Live' },
  { id: 'used', label: 'Used' },
  { id: 'alone', label: 'Alone' },
  { id: 'stores', label: 'Stores' },
  { id: 'heat', label: 'Objects by address, with their stores' },
] as const;

/** More objects than this get no letters. */
const DENSE = 64;
const PAGE = 4096;

const keyOf = ({ address }: ObjectPage): string => address;

export interface PageEvents {
  /** Show the objects of this page, and among them the one of this address. */
  choose(page: ObjectPage, object: string | undefined): void;
  context(page: ObjectPage): string;
}

export class PageGrid {
  readonly root: HTMLElement;
  readonly #grid: VirtualGrid<ObjectPage>;
  #hottest = 1;

  constructor(events: PageEvents) {
    this.#grid = new VirtualGrid<ObjectPage>(
      new ArrayRows<ObjectPage>([], keyOf),
      {
        ...{ role: 'grid', label: 'Pages of write-once memory', columns, rowHeight: 26 },
        keyOf,
        findText: ({ address }) => address,
        fill: (target, page) => fillPage(target, page, this.#hottest),
      },
      {
        activate: () => undefined,
        choose: (page) => events.choose(page, undefined),
        click: (target, page) => {
          const object = target.closest<HTMLElement>('[data-object]')?.dataset['object'];
          if (object !== undefined) events.choose(page, object);
        },
        key: () => false,
        context: (page) => events.context(page),
      },
    );
    this.root = this.#grid.root;
    this.root.classList.add('pages');
  }

  show(pages: readonly ObjectPage[], active: string | undefined): void {
    this.#hottest = Math.max(1, ...pages.flatMap(({ objects }) => objects.map(({ stores }) => stores)));
    this.root.style.setProperty('--rows', String(Math.min(8, Math.max(1, pages.length))));
    this.#grid.show(new ArrayRows(pages, keyOf), active);
  }
}

function fillPage(target: HTMLElement, page: ObjectPage, hottest: number): void {
  const { address, live, objects, stores, strayStores, open } = page;
  const stray = strayStores === 0 ? '' : `, ${stepText(String(strayStores))} stray`;
  const cells: (readonly (Node | string)[])[] = [
    [...(open ? [mark('W', 'Somebody can write to this page now', 'open')] : []), address],
    [`${live} of ${objects.length}`],
    [`${usedPercent(page).toFixed(0)} %`],
    [countText(live, 'page', 'pages')],
    [`${stepText(String(stores))}${stray}`],
    [heat(page, hottest), spoken(spokenHeat(page))],
  ];
  for (const [index, content] of cells.entries()) target.children[index]!.replaceChildren(...content);
}

function heat({ objects }: ObjectPage, hottest: number): HTMLElement {
  const strip = element('div', {
    class: objects.length > DENSE ? 'strip dense' : 'strip',
    'aria-hidden': 'true',
  });
  for (const { address, size, state, stores } of objects) {
    const title = `${address}, ${countText(size, 'byte', 'bytes')}: ${state}, ${countText(stores, 'store', 'stores')}`;
    const cell = element('span', { class: `object ${state}`, title, 'data-object': address });
    if (stores > 0) {
      const level = element('span', { class: 'level' });
      level.style.height = `${(stores / hottest) * 100}%`;
      cell.append(level);
    }
    cell.append(element('span', { class: 'letter' }, stateLetters[state]));
    cell.style.flexGrow = String(size);
    strip.append(cell);
  }
  const rest = element('span', {});
  rest.style.flexGrow = String(Math.max(0, PAGE - objects.reduce((sum, { size }) => sum + size, 0)));
  strip.append(rest);
  return strip;
}

function spokenHeat({ objects }: ObjectPage): string {
  const hottest = objects.reduce<ObjectPage['objects'][number] | undefined>(
    (most, object) => (object.stores > (most?.stores ?? 0) ? object : most),
    undefined,
  );
  return hottest === undefined
    ? 'no stores'
    : `most stores: ${hottest.address} with ${stepText(String(hottest.stores))}`;
}
