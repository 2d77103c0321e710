/**
 * The tree as rows: mappings, under each its aliases and pages, under each page its symbols. Rows are made when they
 * are looked at; what is kept is one number a mapping, so that a hundred thousand cost no more than their filter.
 */
import type { Pages } from '../../views/permissions/messages.ts';
import { type Filter, type Mapping, type Removed, type Space, passes } from './space.ts';
import { hexadecimal } from '../common/words.ts';

export type Page = Pages['pages'][number];
export type PageSymbol = Page['symbols'][number];
export type Alias = Mapping['aliases'][number];

export type Row =
  | { readonly kind: 'mapping'; readonly mapping: Mapping; readonly isExpanded: boolean }
  | { readonly kind: 'removed'; readonly removed: Removed }
  | { readonly kind: 'aliases'; readonly mapping: Mapping; readonly isExpanded: boolean }
  | { readonly kind: 'alias'; readonly mapping: Mapping; readonly alias: Alias }
  | {
      readonly kind: 'page';
      readonly mapping: Mapping;
      readonly index: number;
      readonly address: string;
      /** Missing until the adapter has told it. */
      readonly page: Page | undefined;
      /** Undefined where no symbol is known to lie on the page. */
      readonly isExpanded: boolean | undefined;
    }
  | { readonly kind: 'symbol'; readonly page: Page; readonly symbol: PageSymbol }
  | { readonly kind: 'note'; readonly parent: string; readonly text: string };

const LEVELS = { mapping: 1, removed: 1, aliases: 2, page: 2, alias: 3, symbol: 3, note: 3 } as const;
export const levelOf = ({ kind }: Row): 1 | 2 | 3 => LEVELS[kind];

/** Names a row across stops: by what it shows, not by where it is. */
export function keyOf(row: Row): string {
  switch (row.kind) {
    case 'mapping':
      return mappingKey(row.mapping.start);
    case 'removed':
      return `removed ${row.removed.start}`;
    case 'aliases':
      return aliasesKey(row.mapping.start);
    case 'alias':
      return `alias ${row.mapping.start} ${row.alias.start}`;
    case 'page':
      return pageKey(row.address);
    case 'symbol':
      return symbolKey(row.page.address, row.symbol);
    case 'note':
      return `${row.parent} more`;
  }
}
export const mappingKey = (start: string): string => `mapping ${start}`;
const aliasesKey = (start: string): string => `aliases ${start}`;
export const pageKey = (address: string): string => `page ${address}`;
export const symbolKey = (page: string, { name, address }: Pick<PageSymbol, 'name' | 'address'>): string =>
  `symbol ${page} ${address} ${name}`;

/** The pages of one mapping, as far as they were asked for. */
export interface LoadedPages {
  readonly total: number;
  readonly pages: ReadonlyMap<number, Page>;
}

export interface RowsInput {
  readonly space: Space;
  readonly filter: Filter;
  /** Keys of expanded rows. */
  readonly expanded: ReadonlySet<string>;
  /** By the mapping's start. */
  readonly pages: ReadonlyMap<string, LoadedPages>;
}

/** A mapping or a removed one, with everything under it. */
type Block = Mapping | Removed;
const isMapping = (block: Block): block is Mapping => 'pageSize' in block;

export const pageCount = ({ start, end, pageSize }: Mapping): number =>
  Number((BigInt(end) - BigInt(start)) / BigInt(pageSize));

export class Rows {
  readonly length: number;
  readonly #input: RowsInput;
  readonly #blocks: readonly Block[];
  /** The row at which each block begins. */
  readonly #firsts: Int32Array;

  constructor(input: RowsInput) {
    this.#input = input;
    this.#blocks = blocksOf(input);
    this.#firsts = new Int32Array(this.#blocks.length);
    let next = 0;
    for (const [index, block] of this.#blocks.entries()) {
      this.#firsts[index] = next;
      next += this.#blockLength(block);
    }
    this.length = next;
  }

  static readonly none = new Rows({
    space: {
      ...{ stop: 0, stops: [], since: 0, hart: 0, mode: 'bare', complete: true, mappings: [], removed: [] },
      ...{ starts: new BigUint64Array(), lasts: new BigUint64Array() },
    },
    ...{ filter: 'all', expanded: new Set(), pages: new Map() },
  });

  /** How many mappings pass the filter. */
  get mappingCount(): number {
    return this.#blocks.length;
  }

  at(index: number): Row {
    const at = this.#blockOf(index);
    const block = this.#blocks[at]!;
    let offset = index - this.#firsts[at]!;
    if (!isMapping(block)) return { kind: 'removed', removed: block };
    const mapping = block;
    if (offset === 0)
      return { kind: 'mapping', mapping, isExpanded: this.#isExpanded(mappingKey(mapping.start)) };
    offset--;
    const aliasRows = this.#aliasRows(mapping);
    return offset < aliasRows ? this.#aliasRow(mapping, offset) : this.#pageRow(mapping, offset - aliasRows);
  }

  /** The row of that key, or -1 if it is not to be seen. */
  indexOf(key: string): number {
    const [kind, first] = key.split(' ', 2) as [string, string?];
    if (first === undefined) return -1;
    const address = BigInt(first);
    const at = this.#blockBefore(address);
    if (at < 0) return -1;
    // What is under a mapping is near its page; rows of one mapping are few unless its pages are open.
    const block = this.#blocks[at]!;
    const start = this.#firsts[at]!;
    let from = start;
    let to = start + this.#blockLength(block);
    if (isMapping(block) && to - from > 1 && (kind === 'page' || kind === 'symbol')) {
      const page = Number((address - BigInt(block.start)) / BigInt(block.pageSize));
      from = start + 1 + this.#aliasRows(block) + page;
      to = Math.min(to, from + this.#symbolRows(block) + 1);
    } else if (kind !== 'page' && isMapping(block)) {
      to = Math.min(to, from + 2 + this.#aliasRows(block));
    }
    for (let index = from; index < to; index++) if (keyOf(this.at(index)) === key) return index;
    return -1;
  }

  /** The row under which this one stands; -1 at the top level. */
  parentOf(index: number): number {
    const level = levelOf(this.at(index));
    if (level === 1) return -1;
    if (level === 2) return this.#firsts[this.#blockOf(index)]!;
    let parent = index - 1;
    while (levelOf(this.at(parent)) >= level) parent--;
    return parent;
  }

  #isExpanded(key: string): boolean {
    return this.#input.expanded.has(key);
  }

  #blockLength(block: Block): number {
    if (!isMapping(block) || !this.#isExpanded(mappingKey(block.start))) return 1;
    return 1 + this.#aliasRows(block) + this.#total(block) + this.#symbolRows(block);
  }

  #total(mapping: Mapping): number {
    return this.#input.pages.get(mapping.start)?.total ?? pageCount(mapping);
  }

  #aliasRows({ start, aliases, aliasCount }: Mapping): number {
    if (aliasCount === 0) return 0;
    if (!this.#isExpanded(aliasesKey(start))) return 1;
    return 1 + aliases.length + (aliasCount > aliases.length ? 1 : 0);
  }

  #aliasRow(mapping: Mapping, offset: number): Row {
    const key = aliasesKey(mapping.start);
    if (offset === 0) return { kind: 'aliases', mapping, isExpanded: this.#isExpanded(key) };
    const alias = mapping.aliases[offset - 1];
    if (alias !== undefined) return { kind: 'alias', mapping, alias };
    return { kind: 'note', parent: key, text: `${mapping.aliasCount - mapping.aliases.length} more aliases` };
  }

  /** Expanded pages of a mapping, by index, with the number of rows under each. */
  #openPages(mapping: Mapping): { index: number; page: Page; rows: number }[] {
    const pages = this.#input.pages.get(mapping.start)?.pages;
    if (pages === undefined || this.#input.expanded.size < 2) return [];
    const open = [];
    for (const [index, page] of pages) {
      if (this.#isExpanded(pageKey(page.address)) && page.symbolCount > 0)
        open.push({
          index,
          page,
          rows: page.symbols.length + (page.symbolCount > page.symbols.length ? 1 : 0),
        });
    }
    return open.sort((a, b) => a.index - b.index);
  }

  #symbolRows(mapping: Mapping): number {
    return this.#openPages(mapping).reduce((sum, { rows }) => sum + rows, 0);
  }

  #pageRow(mapping: Mapping, offset: number): Row {
    let index = offset;
    for (const open of this.#openPages(mapping)) {
      if (index <= open.index) break;
      const within = index - open.index - 1;
      if (within < open.rows) {
        const { page } = open;
        const symbol = page.symbols[within];
        if (symbol !== undefined) return { kind: 'symbol', page, symbol };
        const text = `${page.symbolCount - page.symbols.length} more symbols`;
        return { kind: 'note', parent: pageKey(page.address), text };
      }
      index -= open.rows;
    }
    const page = this.#input.pages.get(mapping.start)?.pages.get(index);
    const address =
      page?.address ?? hexadecimal(BigInt(mapping.start) + BigInt(index) * BigInt(mapping.pageSize));
    const isExpanded =
      page === undefined || page.symbolCount === 0 ? undefined : this.#isExpanded(pageKey(address));
    return { kind: 'page', mapping, index, address, page, isExpanded };
  }

  /** The block that a row belongs to. */
  #blockOf(row: number): number {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#firsts[middle]! <= row) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The last block that begins at or before an address. */
  #blockBefore(address: bigint): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (BigInt(this.#blocks[middle]!.start) <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** What passes the filter, in the order of addresses; ranges that are no longer mapped stand between the others. */
function blocksOf({ space, filter }: RowsInput): readonly Block[] {
  const mappings =
    filter === 'all' ? space.mappings : space.mappings.filter((mapping) => passes(mapping, filter));
  if (space.removed.length === 0 || (filter !== 'all' && filter !== 'changed')) return mappings;
  const blocks: Block[] = [...mappings, ...space.removed];
  const order = new Map(blocks.map((block) => [block, BigInt(block.start)]));
  return blocks.sort((a, b) => (order.get(a)! < order.get(b)! ? -1 : 1));
}
