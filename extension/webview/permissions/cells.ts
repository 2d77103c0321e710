/** What stands in a row. One element serves many rows one after the other while the tree is scrolled. */
import { element, mark, spoken } from '../common/dom.ts';
import { glyphs, letters } from '../common/letters.ts';
import { countText, shortAddress, shortEnd, sizeText, stepText } from '../common/words.ts';
import { type Row, levelOf } from './rows.ts';
import type { Hole, Mapping } from './space.ts';

export const columns = [
  { id: 'range', label: 'Addresses' },
  { id: 'size', label: 'Size' },
  { id: 'now', label: 'Now' },
  { id: 'linked', label: 'As linked' },
  { id: 'seal', label: 'Seal' },
  { id: 'writers', label: 'Who can still write' },
  { id: 'content', label: 'Sections and symbols' },
] as const;

type Seal = NonNullable<Mapping['seal']>;
type Change = NonNullable<Mapping['change']>;

/** What it was, as far as it differs from what it is. */
function changeOf(change: Change | undefined, now?: string): (Node | string)[] {
  if (change === undefined) return [];
  const isRestKept = now !== undefined && change.from.slice(3) === now.slice(3);
  const from =
    change.from === ''
      ? element('span', {}, 'not mapped')
      : letters(isRestKept ? change.from.slice(0, 3) : change.from);
  from.classList.add('was');
  return [from, element('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'), spoken(' before, now ')];
}

const stateTexts = {
  open: 'not sealed yet',
  partial: 'partly sealed',
  sealed: 'sealed',
  degraded: 'degraded',
} as const;

const byText = ({ state, sealedBy }: Seal): string =>
  sealedBy === undefined || state === 'open' || state === 'degraded'
    ? ''
    : ` by ${sealedBy.place.function || sealedBy.place.pc}`;

function sealTitle(seal: Seal): string {
  const { sealedBy } = seal;
  const text = `${seal.region}: ${stateTexts[seal.state]}`;
  if (sealedBy === undefined) return text;
  const by = sealedBy.place.function || sealedBy.place.pc;
  return `${text}; sealed by ${by} at step ${stepText(sealedBy.step)}, hart ${sealedBy.hart}`;
}

function sealOf(seal: Seal | undefined): (Node | string)[] {
  if (seal === undefined) return [];
  const glyph = seal.state === 'degraded' ? glyphs.degraded : glyphs[seal.state];
  return [
    element('span', { class: `mark ${seal.state}`, 'aria-hidden': 'true' }, glyph),
    element(
      'span',
      { title: sealTitle(seal) },
      stateTexts[seal.state],
      element('span', { class: 'by' }, `${byText(seal)} · ${seal.region}`),
    ),
  ];
}

/** The ways that are left: mappings, TLBs, harts without paging, PMP entries. */
function writersOf({ holes = [] }: Mapping): Node[] {
  return holes.map((hole, index) =>
    element('span', { title: hole.text }, `${index === 0 ? '' : ', '}${holeText(hole)}`),
  );
}

function holeText({ why, address, permissions, harts }: Hole): string {
  const of = `${harts.length === 1 ? 'hart' : 'harts'} ${harts.join(', ')}`;
  switch (why) {
    case 'page-table':
      return `alias ${address} ${permissions.toUpperCase()}`;
    case 'tlb':
      return `TLB of ${of}`;
    case 'no-paging':
      return `${of} without paging`;
    case 'pmp':
      return 'a PMP entry permits it';
  }
}

function marksOf({ fault, change, seal }: { fault?: unknown; change?: Change; seal?: Seal }): Node[] {
  const marks: Node[] = [];
  if (fault !== undefined && fault !== false)
    marks.push(mark(glyphs.fault, 'A store was refused here', 'fault'));
  if (change?.isDegraded === true || seal?.state === 'degraded')
    marks.push(mark(glyphs.degraded, 'Degraded: sealed, but writable again', 'degraded'));
  else if (change !== undefined) marks.push(mark(glyphs.changed, 'Changed', 'changed'));
  return marks;
}

type Cells = Partial<Record<(typeof columns)[number]['id'], readonly (Node | string)[]>>;

function degradedNote({ change, seal }: { change?: Change; seal?: Seal }): Node[] {
  if (change?.isDegraded !== true && seal?.state !== 'degraded') return [];
  return [element('span', { class: 'note' }, 'degraded: no longer protected ')];
}

const aliasText = ({ name, start, permissions }: Mapping['aliases'][number]): string =>
  `${name ?? start} ${permissions.slice(0, 3).toUpperCase()}`;

function cellsOf(row: Row): Cells {
  switch (row.kind) {
    case 'mapping': {
      const { start, end, flags, linked, seal, change, sections, aliasCount, pageSize } = row.mapping;
      const [alias] = row.mapping.aliases;
      const aliases =
        aliasCount === 0
          ? ''
          : `${countText(aliasCount, 'alias', 'aliases')}${alias === undefined ? '' : `: ${aliasText(alias)}`}`;
      const leaves = pageSize > 4096 ? `${sizeText(pageSize)} pages` : '';
      return {
        range: [...marksOf(row.mapping), `${start}–${shortEnd(start, end)}`],
        size: [sizeText(BigInt(end) - BigInt(start))],
        now: [...changeOf(change, flags), letters(flags)],
        linked: linked === undefined ? [] : [letters(linked)],
        seal: sealOf(seal),
        writers: writersOf(row.mapping),
        content: [
          ...degradedNote(row.mapping),
          ...sections.map((section) => element('span', { class: 'section' }, `${section} `)),
          ...[aliases, leaves]
            .filter((text) => text !== '')
            .map((text) => element('span', { class: 'badge' }, text)),
        ],
      };
    }
    case 'removed': {
      const { start, end, flags } = row.removed;
      return {
        range: [mark(glyphs.changed, 'Changed', 'changed'), `${start}–${shortEnd(start, end)}`],
        size: [sizeText(BigInt(end) - BigInt(start))],
        now: [...changeOf({ from: flags }), element('span', {}, 'not mapped')],
        content: ['no longer mapped'],
      };
    }
    case 'aliases':
      return {
        range: [countText(row.mapping.aliasCount, 'alias', 'aliases')],
        content: [row.mapping.aliases.map(aliasText).join(', ')],
      };
    case 'alias': {
      const { start, permissions, name } = row.alias;
      return {
        range: [start],
        now: [letters(permissions)],
        content: [name ?? '', element('span', { class: 'hint' }, ' Enter goes there')],
      };
    }
    case 'page': {
      const { page, address, mapping } = row;
      if (page === undefined)
        return { range: [shortAddress(address)], size: [sizeText(mapping.pageSize)], content: ['…'] };
      const { flags, linked, seal, change, symbols, symbolCount, fault } = page;
      return {
        range: [...marksOf(page), shortAddress(address)],
        size: [sizeText(page.size)],
        now: [...changeOf(change, flags), letters(flags)],
        linked: linked === undefined ? [] : [letters(linked)],
        seal: sealOf(seal),
        content: [
          ...(fault === undefined
            ? []
            : [
                element(
                  'span',
                  { class: 'note' },
                  element('span', { class: 'mark fault', 'aria-hidden': 'true' }, glyphs.fault),
                  ` ${fault} `,
                ),
              ]),
          ...degradedNote(page),
          symbols.map(({ name }) => name).join('  ') + (symbolCount > symbols.length ? '  …' : ''),
        ],
      };
    }
    case 'symbol': {
      const { name, address, size, sealed } = row.symbol;
      return {
        range: [name],
        size: [sizeText(size)],
        seal: sealed
          ? [
              element('span', { class: 'mark sealed', 'aria-hidden': 'true' }, glyphs.sealed),
              'to be sealed or sealed',
            ]
          : [],
        content: [element('span', { class: 'address' }, address)],
      };
    }
    case 'note':
      return { range: [row.text] };
  }
}

/** Whether a row opens, and if so whether it is open. */
export function expansionOf(row: Row): boolean | undefined {
  return 'isExpanded' in row ? row.isExpanded : undefined;
}

/** What typing finds a row by. */
export function findText(row: Row): string {
  switch (row.kind) {
    case 'mapping':
      return `${row.mapping.start} ${row.mapping.sections.join(' ')}`;
    case 'removed':
      return row.removed.start;
    case 'aliases':
      return 'aliases';
    case 'alias':
      return `${row.alias.start} ${row.alias.name ?? ''}`;
    case 'page':
      return `${shortAddress(row.address)} ${row.page?.symbols.map(({ name }) => name).join(' ') ?? ''}`;
    case 'symbol':
      return row.symbol.name;
    case 'note':
      return '';
  }
}

/** Shows `row` in an element that has a cell for each column. */
export function fillRow(target: HTMLElement, row: Row): void {
  const cells = cellsOf(row);
  const expansion = expansionOf(row);
  for (const [index, { id }] of columns.entries()) {
    const cell = target.children[index] as HTMLElement;
    cell.replaceChildren(...(cells[id] ?? []));
    if (id === 'content') cell.title = cell.textContent;
  }
  const twistie = element(
    'span',
    { class: 'twistie', 'aria-hidden': 'true' },
    expansion === undefined ? '' : expansion ? '▾' : '▸',
  );
  target.firstElementChild!.prepend(twistie);
  const level = levelOf(row);
  target.setAttribute('aria-level', String(level));
  const isRefused = row.kind === 'page' && row.page?.fault !== undefined;
  target.className = `row ${row.kind} level${level}${isRefused ? ' refused' : ''}`;
  if (expansion === undefined) target.removeAttribute('aria-expanded');
  else target.setAttribute('aria-expanded', String(expansion));
}
