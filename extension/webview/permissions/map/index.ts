/**
 * The address space drawn to scale, for looking rather than reading. For keyboards and screen readers it is a slider
 * whose positions are the mappings.
 */
import { element, setAttributes } from '../../common/dom.ts';
import { type Look, type Space, indexBefore, lookOf, mappingAt } from '../space.ts';
import type { State } from '../state.ts';
import { countText, hexadecimal, permissionWords, shortEnd, sizeText } from '../../common/words.ts';
import { type Band, addressAt, bandsOf, picture, pixelOf, zoomed } from './layout.ts';
import { Paint } from './paint.ts';

export interface MapEvents {
  /** A person looks at a mapping; `isChosen`: wants to go to its row. */
  visit(index: number, isChosen: boolean): void;
}

const legend: readonly (readonly [Look | 'changed', string])[] = [
  ['sealed', 'sealed'],
  ['open', 'to be sealed, still open'],
  ['partial', 'partly sealed'],
  ['degraded', 'degraded'],
  ['fault', 'refused store'],
  ['changed', 'changed'],
  ['readonly', 'read-only'],
  ['writable', 'writable'],
  ['executable', 'executable'],
  ['wx', 'W+X'],
];

const BAND_HEIGHT = 22;
/** What a band's label needs, and the room between bands: CSS pixels. */
const SINGLE_WIDTH = 150;
const GAP = 8;

export class PageMap {
  readonly root: HTMLElement;
  readonly #events: MapEvents;
  readonly #bandList: HTMLElement;
  readonly #caption = element('div', { class: 'caption' });
  readonly #cursorMark = element('div', { class: 'cursor', hidden: true });
  readonly #samples: readonly (readonly [HTMLCanvasElement, Look | 'changed'])[];
  #paint: Paint | undefined;
  #space: Space | undefined;
  #bands: readonly Band[] = [];
  #canvases: HTMLCanvasElement[] = [];
  /** Of each band, in CSS pixels. */
  #widths: readonly number[] = [];
  #window: Band | undefined;
  #cursor = 0;
  #width = 0;

  constructor(events: MapEvents) {
    this.#events = events;
    this.#samples = legend.map(([look]) => [element('canvas', { 'aria-hidden': 'true' }), look]);
    this.#bandList = element('div', {
      ...{ role: 'slider', class: 'bands', tabindex: 0, 'aria-label': 'Page map', 'aria-valuemin': 1 },
      'aria-roledescription': 'map',
    });
    const zoom = (label: string, title: string, act: () => void): HTMLElement => {
      const button = document.createElement('vscode-toolbar-button');
      button.textContent = label;
      button.label = title;
      button.title = title;
      button.addEventListener('click', act);
      return button;
    };
    this.root = element(
      'section',
      { class: 'map', 'aria-label': 'Page map' },
      this.#bandList,
      element(
        'div',
        { class: 'legend' },
        element(
          'div',
          { class: 'zoom' },
          zoom('+', 'Zoom in', () => this.#zoom(0.25)),
          zoom('−', 'Zoom out', () => this.#zoom(4)),
          zoom('All', 'Show all', () => this.#zoomTo(undefined)),
        ),
        this.#caption,
      ),
      element(
        'ul',
        { class: 'legend', 'aria-label': 'Legend' },
        ...legend.map(([, label], index) => element('li', {}, this.#samples[index]![0], label)),
      ),
    );
    this.#bandList.addEventListener('keydown', (event) => this.#onKey(event));
    this.#bandList.addEventListener('click', (event) => this.#onPointer(event, true));
    this.#bandList.addEventListener('pointermove', (event) => this.#onPointer(event, false));
    this.#bandList.addEventListener('pointerleave', () => this.#describe(this.#cursor));
    this.#bandList.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    new ResizeObserver(() => this.#onResize()).observe(this.#bandList);
    const onTheme = (): void => {
      this.#paint = undefined;
      this.#draw();
    };
    const themes = new MutationObserver(onTheme);
    for (const target of [document.documentElement, document.body])
      themes.observe(target, { attributes: true, attributeFilter: ['class', 'style'] });
  }

  render({ space, isMapShown, session }: State, active: bigint | undefined): void {
    this.root.hidden = !isMapShown || space === undefined || space.mappings.length === 0;
    this.root.classList.toggle('stale', session !== 'stopped');
    if (space === undefined) return;
    if (space !== this.#space) {
      this.#space = space;
      this.#bands = this.#window === undefined ? bandsOf(space) : [this.#window];
      this.#cursor = Math.min(this.#cursor, Math.max(0, space.mappings.length - 1));
      setAttributes(this.#bandList, { 'aria-valuemax': Math.max(1, space.mappings.length) });
      this.#draw();
    }
    const index = active === undefined ? -1 : mappingAt(space, active);
    if (index >= 0 && index !== this.#cursor) this.#moveTo(index);
  }

  #onResize(): void {
    const width = Math.floor(this.#bandList.clientWidth);
    if (width === this.#width) return;
    this.#width = width;
    this.#draw();
  }

  #draw(): void {
    const space = this.#space;
    if (space === undefined || this.root.hidden || this.#width === 0) return;
    this.#paint ??= new Paint(this.root);
    this.#canvases = this.#bands.map(() => element('canvas', { 'aria-hidden': 'true' }));
    this.#widths = widthsOf(this.#bands, this.#width);
    const drawn = this.#bands.map((band, index) => {
      const canvas = this.#canvases[index]!;
      const width = this.#widths[index]!;
      this.#paint!.band(canvas, picture(space, band, width), width, BAND_HEIGHT);
      return element('div', { class: 'band' }, this.#label(band, width), canvas);
    });
    this.#bandList.replaceChildren(...drawn, this.#cursorMark);
    this.#drawLegend(space, this.#paint);
    this.#describe(this.#cursor);
    this.#markCursor();
  }

  /** Only what is to be seen is explained. */
  #drawLegend({ mappings }: Space, paint: Paint): void {
    const seen = new Set<Look | 'changed'>(mappings.map(lookOf));
    if (mappings.some(({ change }) => change !== undefined)) seen.add('changed');
    for (const [canvas, look] of this.#samples) {
      canvas.parentElement!.hidden = !seen.has(look);
      paint.sample(canvas, look);
    }
  }

  #label(band: Band, width: number): HTMLElement {
    const size = band.last - band.start + 1n;
    const scale = sizeText(Math.max(1, Math.round(Number(size) / width)));
    return element(
      'div',
      { class: 'scale', 'aria-hidden': 'true' },
      element('span', {}, hexadecimal(band.start)),
      element('span', {}, band.isSingle ? sizeText(size) : `${sizeText(size)}, ${scale} a pixel`),
    );
  }

  #describe(index: number): void {
    const mapping = this.#space?.mappings[index];
    if (mapping === undefined) return;
    const { start, end, flags, seal, sections, change, fault, aliasCount } = mapping;
    const parts = [
      `${start}–${shortEnd(start, end)}`,
      sizeText(BigInt(end) - BigInt(start)),
      flags.slice(0, 3).toUpperCase(),
      ...(seal === undefined ? [] : [`${seal.region} ${seal.state}`]),
      ...(fault === true ? ['a store was refused here'] : []),
      ...(change === undefined
        ? []
        : [change.from === '' ? 'newly mapped' : `changed from ${change.from.slice(0, 3).toUpperCase()}`]),
      ...(sections.length === 0 ? [] : [sections.join(' ')]),
      ...(aliasCount === 0 ? [] : [countText(aliasCount, 'alias', 'aliases')]),
    ];
    this.#caption.textContent = parts.join(' · ');
    if (index !== this.#cursor) return;
    setAttributes(this.#bandList, {
      'aria-valuenow': index + 1,
      'aria-valuetext': [...parts.slice(0, 2), permissionWords(flags), ...parts.slice(3)].join(', '),
    });
  }

  #moveTo(index: number): void {
    const space = this.#space;
    if (space === undefined) return;
    this.#cursor = Math.max(0, Math.min(space.mappings.length - 1, index));
    const start = space.starts[this.#cursor]!;
    const shown = this.#window;
    if (shown !== undefined && (space.lasts[this.#cursor]! < shown.start || start > shown.last))
      this.#zoomTo(zoomed(shown, start, 1));
    this.#describe(this.#cursor);
    this.#markCursor();
  }

  /** A frame around the mapping under the cursor. */
  #markCursor(): void {
    const space = this.#space;
    const start = space?.starts[this.#cursor];
    const at =
      start === undefined
        ? -1
        : this.#bands.findIndex(
            ({ start: from, last }) => start <= last && space!.lasts[this.#cursor]! >= from,
          );
    const canvas = this.#canvases[at];
    this.#cursorMark.hidden = canvas === undefined;
    if (canvas === undefined || start === undefined) return;
    const band = this.#bands[at]!;
    const width = this.#widths[at]!;
    const from = Math.max(0, pixelOf(band, start, width));
    const to = Math.min(width, Math.max(from + 4, pixelOf(band, space!.lasts[this.#cursor]!, width)));
    const { style } = this.#cursorMark;
    style.transform = `translate(${canvas.offsetLeft + from - 2}px, ${canvas.offsetTop + 1}px)`;
    style.width = `${to - from}px`;
    style.height = `${BAND_HEIGHT - 2}px`;
  }

  #zoom(factor: number): void {
    const space = this.#space;
    const start = space?.starts[this.#cursor];
    if (space === undefined || start === undefined) return;
    const whole = bandsOf(space).find(({ start: from, last }) => start >= from && start <= last)!;
    const wider = zoomed(this.#window ?? whole, start, factor);
    this.#zoomTo(wider.last - wider.start > whole.last - whole.start ? undefined : wider);
  }

  #zoomTo(band: Band | undefined): void {
    if (this.#space === undefined) return;
    this.#window = band;
    this.#bands = band === undefined ? bandsOf(this.#space) : [band];
    this.#draw();
  }

  /** The mapping under a pointer, or the nearest one in that band. */
  #under({ target, offsetX }: MouseEvent): number | undefined {
    const at = this.#canvases.indexOf(target as HTMLCanvasElement);
    const band = this.#bands[at];
    const space = this.#space;
    if (band === undefined || space === undefined) return undefined;
    // Small mappings get more pixels than they have: a few pixels around count, what matters most first.
    const near = [0, -1, 1, -2].map((shift) =>
      indexBefore(space, addressAt(band, offsetX + shift, this.#widths[at]!)),
    );
    const marked = near.find(
      (index) => space.mappings[index]?.seal !== undefined && space.lasts[index]! >= band.start,
    );
    return Math.max(0, marked ?? near[0]!);
  }

  #onPointer(event: MouseEvent, isClick: boolean): void {
    const index = this.#under(event);
    if (index === undefined) return;
    if (!isClick) {
      this.#describe(index);
      return;
    }
    this.#moveTo(index);
    this.#events.visit(index, true);
  }

  #onWheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const index = this.#under(event);
    if (index !== undefined) this.#cursor = index;
    this.#zoom(event.deltaY < 0 ? 0.5 : 2);
  }

  #onKey(event: KeyboardEvent): void {
    const count = this.#space?.mappings.length ?? 0;
    if (count === 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const leap = Math.max(1, Math.round(count / 10));
    const to: Readonly<Record<string, number>> = {
      ArrowRight: this.#cursor + 1,
      ArrowUp: this.#cursor + 1,
      ArrowLeft: this.#cursor - 1,
      ArrowDown: this.#cursor - 1,
      PageUp: this.#cursor + leap,
      PageDown: this.#cursor - leap,
      Home: 0,
      End: count - 1,
    };
    const index = to[event.key];
    if (index !== undefined) {
      this.#moveTo(index);
      this.#events.visit(this.#cursor, false);
    } else if (event.key === 'Enter') this.#events.visit(this.#cursor, true);
    else if (event.key === '+' || event.key === '=') this.#zoom(0.25);
    else if (event.key === '-') this.#zoom(4);
    else if (event.key === '0') this.#zoomTo(undefined);
    else return;
    event.preventDefault();
  }
}

/**
 * Bands of a single mapping stand beside each other, as many as fit, none so wide that it looks large; the others have
 * a line of their own.
 */
function widthsOf(bands: readonly Band[], width: number): readonly number[] {
  const perLine = Math.max(1, Math.floor((width + GAP) / (SINGLE_WIDTH + GAP)));
  return bands.map((band, index) => {
    if (!band.isSingle) return width;
    let first = index;
    while (first > 0 && bands[first - 1]!.isSingle) first--;
    let end = index + 1;
    while (end < bands.length && bands[end]!.isSingle) end++;
    const inLine = Math.min(perLine, end - first);
    return Math.min(SINGLE_WIDTH, Math.floor((width - (inLine - 1) * GAP) / inLine));
  });
}
