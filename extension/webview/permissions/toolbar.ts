/** Map on or off, what to compare with, which mappings, and the search. */
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import '@vscode-elements/elements/dist/vscode-toolbar-button/index.js';
import type { Spot } from '../../views/common/messages.ts';
import type { Found } from '../../views/permissions/messages.ts';
import { option } from '../common/controls.ts';
import { element } from '../common/dom.ts';
import { stepText } from '../common/words.ts';
import { filterLabels, filters, type Filter } from './space.ts';
import type { State } from './state.ts';

export interface ToolbarEvents {
  showMap(isShown: boolean): void;
  since(ordinal: number | undefined): void;
  filter(filter: Filter): void;
  find(query: string): Promise<Found>;
  goTo(spot: Spot): void;
  /** Down from an empty search: into the tree. */
  leave(): void;
}

const PREVIOUS = 'previous';
/** Waits for a pause in typing before it asks, in milliseconds. */
const PATIENCE = 120;

export class Toolbar {
  readonly root: HTMLElement;
  readonly #events: ToolbarEvents;
  readonly #map = document.createElement('vscode-toolbar-button');
  readonly #since = document.createElement('vscode-single-select');
  readonly #filter = document.createElement('vscode-single-select');
  readonly #find = document.createElement('vscode-textfield');
  readonly #hits = element('ul', { class: 'hits', 'aria-label': 'Found', hidden: true });
  readonly #said = element('div', { role: 'status', class: 'spoken' });
  #stops: unknown;
  #since0: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #query = '';

  constructor(events: ToolbarEvents) {
    this.#events = events;
    this.#map.toggleable = true;
    this.#map.label = 'Page map';
    this.#map.textContent = 'Map';
    this.#since.label = 'Changed since';
    this.#filter.label = 'Show';
    this.#filter.append(...filters.map((filter) => option(filter, filterLabels[filter])));
    this.#find.label = 'Find an address, a symbol or a section';
    this.#find.placeholder = 'Find address, symbol, section';
    this.#find.type = 'search';
    this.root = element(
      'div',
      { role: 'toolbar', class: 'toolbar', 'aria-label': 'Page permissions' },
      this.#map,
      this.#since,
      this.#filter,
      element('div', { class: 'find' }, this.#find, this.#hits, this.#said),
    );
    this.#map.addEventListener('change', () => events.showMap(this.#map.checked));
    this.#since.addEventListener('change', () => {
      const { value } = this.#since;
      events.since(value === PREVIOUS ? undefined : Number(value));
    });
    this.#filter.addEventListener('change', () => events.filter(this.#filter.value as Filter));
    this.#find.addEventListener('input', () => this.#ask());
    this.#find.addEventListener('keydown', (event) => this.#onFindKey(event));
    this.#hits.addEventListener('keydown', (event) => this.#onHitKey(event));
    this.root.addEventListener('focusout', (event) => {
      if (!this.root.contains(event.relatedTarget as Node | null)) this.#close();
    });
  }

  render({ space, filter, isMapShown }: State, since: number | undefined): void {
    this.#map.checked = isMapShown;
    this.#filter.value = filter;
    if (space === undefined) return;
    if (space.stops !== this.#stops || since !== this.#since0) {
      this.#stops = space.stops;
      this.#since0 = since;
      const earlier = space.stops.filter(({ ordinal }) => ordinal !== space.stop).reverse();
      const options: [value: string, label: string, description?: string][] = [
        [PREVIOUS, 'Since the last stop'],
        ...earlier.map(({ ordinal, step, text }): [string, string, string] => [
          String(ordinal),
          `Since stop ${ordinal}: ${text}`,
          `Step ${stepText(step)}`,
        ]),
        ['0', 'No comparison'],
      ];
      const chosen = since === undefined ? PREVIOUS : String(since);
      this.#since.replaceChildren(...options.map((each) => option(...each)));
      // The select takes its value from its options, and learns of these only later.
      for (const each of this.#since.querySelectorAll('vscode-option')) each.selected = each.value === chosen;
    }
  }

  focusFind(): void {
    this.#find.focus();
    this.#find.wrappedElement.select();
  }

  #ask(): void {
    clearTimeout(this.#timer);
    this.#query = this.#find.value.trim();
    if (this.#query === '') this.#close();
    else this.#timer = setTimeout(() => void this.#search(this.#query), PATIENCE);
  }

  async #search(query: string): Promise<Found['hits']> {
    try {
      const { hits } = await this.#events.find(query);
      if (query === this.#query) this.#show(hits);
      return hits;
    } catch (error) {
      this.#said.textContent = (error as Error).message;
      this.#hits.replaceChildren(element('li', { class: 'none' }, (error as Error).message));
      this.#hits.hidden = false;
      return [];
    }
  }

  #show(hits: Found['hits']): void {
    this.#said.textContent =
      hits.length === 0 ? 'Nothing found' : `${hits.length} found, arrow down to choose`;
    this.#hits.replaceChildren(
      ...(hits.length === 0 ? [element('li', { class: 'none' }, 'Nothing found')] : []),
      ...hits.map((hit) => {
        const button = element(
          'button',
          { class: 'hit', tabindex: -1, title: hit.mapped ? hit.address : `${hit.address} is not mapped` },
          element('span', { class: 'name' }, hit.label),
          element('span', { class: 'detail' }, hit.mapped ? hit.detail : `${hit.detail} (not mapped)`),
        );
        button.addEventListener('click', () => this.#choose(hit));
        return element('li', {}, button);
      }),
    );
    this.#hits.hidden = false;
  }

  #choose({ address, label, size }: Found['hits'][number]): void {
    this.#close();
    this.#events.goTo({ address, name: label, ...(size === undefined ? {} : { size }) });
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#hits.hidden = true;
    this.#hits.replaceChildren();
    this.#said.textContent = '';
  }

  #onFindKey(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown') {
      const first = this.#hits.querySelector('button');
      if (first === null) this.#events.leave();
      else first.focus();
    } else if (event.key === 'Enter') {
      clearTimeout(this.#timer);
      void this.#search(this.#find.value.trim()).then(([first]) => first && this.#choose(first));
    } else if (event.key === 'Escape') {
      this.#find.value = '';
      this.#close();
    } else return;
    event.preventDefault();
  }

  #onHitKey(event: KeyboardEvent): void {
    const item = (event.target as Element).parentElement!;
    const to = { ArrowDown: item.nextElementSibling, ArrowUp: item.previousElementSibling }[event.key];
    if (event.key === 'Escape' || (event.key === 'ArrowUp' && to === null)) this.#find.focus();
    else if (to instanceof HTMLElement) to.querySelector('button')?.focus();
    else return;
    event.preventDefault();
  }
}
