/**
 * The tree of mappings as an ARIA treegrid that has elements only for the rows on the screen: a scrolled row's
 * element becomes the next row's. The row with the focus keeps its element wherever it is.
 */
import { columns, createRow, expansionOf, fillRow, findText } from './cells.ts';
import { element, setAttributes } from './dom.ts';
import { type Row, Rows, keyOf, levelOf } from './rows.ts';

export interface TreeEvents {
  activate(key: string): void;
  /** A person opens or closes a row. */
  expand(key: string, isExpanded: boolean): void;
  /** Enter or a double click on a row that does not open. */
  choose(row: Row): void;
  /** A page is on the screen: it may not have been loaded, or be known from an earlier stop. */
  need(row: Extract<Row, { kind: 'page' }>): void;
  /** Keys that mean something to the view and not to the tree; true if it used it. */
  key(event: KeyboardEvent, row: Row): boolean;
  /** What VS Code's context menu gets to know about a row. */
  context(row: Row): string;
}

/** Below this width (CSS pixels) a row has two lines. */
const NARROW = 900;
/** Browsers cannot make elements much taller; more rows than fit are reached by scaling. */
const MAX_HEIGHT = 15_000_000;
/** Rows drawn beyond the edges, so that a fast scroll shows no gap. */
const OVERSCAN = 6;
/** How long typed letters belong to one word, in milliseconds. */
const TYPING_PAUSE = 700;

export class Tree {
  readonly root: HTMLElement;
  readonly #events: TreeEvents;
  readonly #header: HTMLElement;
  readonly #scroller: HTMLElement;
  readonly #body: HTMLElement;
  /** Elements by the index of the row that they show. */
  #shown = new Map<number, HTMLElement>();
  #spare: HTMLElement[] = [];
  #rows = Rows.none;
  #active = 0;
  #rowHeight = 22;
  #isFrameDue = false;
  #typed = { text: '', at: 0 };

  constructor(events: TreeEvents) {
    this.#events = events;
    const titles = columns.map(({ id, label }, index) =>
      element('div', { role: 'columnheader', class: `cell ${id}`, 'aria-colindex': index + 1 }, label),
    );
    this.#header = element('div', { role: 'row', class: 'row header', 'aria-rowindex': 1 }, ...titles);
    this.#body = element('div', { role: 'rowgroup', class: 'body' });
    this.#scroller = element('div', { role: 'presentation', class: 'scroller' }, this.#body);
    this.root = element(
      'div',
      { role: 'treegrid', class: 'tree', 'aria-label': 'Page permissions', 'aria-colcount': columns.length },
      element('div', { role: 'rowgroup' }, this.#header),
      this.#scroller,
    );
    // Scroll events come once a frame, right before it is drawn.
    this.#scroller.addEventListener('scroll', () => this.#draw(), { passive: true });
    this.root.addEventListener('keydown', (event) => this.#onKey(event));
    this.#body.addEventListener('click', (event) => this.#onClick(event));
    this.#body.addEventListener('dblclick', (event) => this.#onDoubleClick(event));
    this.#body.addEventListener('contextmenu', (event) => this.#onClick(event), { capture: true });
    this.#body.addEventListener('focusin', (event) => this.#onFocus(event));
    new ResizeObserver(() => this.#onResize()).observe(this.root);
  }

  /** Shows other rows; what was at the top stays there if it still exists. */
  show(rows: Rows, active: string | undefined): void {
    const top = this.#rows.length > 0 ? this.#anchor() : undefined;
    const hadFocus = this.#body.contains(document.activeElement);
    this.#rows = rows;
    const found = active === undefined ? -1 : rows.indexOf(active);
    this.#active = found >= 0 ? found : Math.min(this.#active, Math.max(0, rows.length - 1));
    setAttributes(this.root, { 'aria-rowcount': rows.length + 1 });
    this.#body.style.height = `${this.#height}px`;
    if (top !== undefined) {
      const index = rows.indexOf(top.key);
      if (index >= 0) this.#scroller.scrollTop = this.#offsetOf(index) + top.shift;
    }
    // The focused element is moved to the focused row, wherever that went.
    const focused = hadFocus
      ? [...this.#shown.values()].find((row) => row === document.activeElement)
      : undefined;
    const elements = [...this.#shown.values()].filter((row) => row !== focused);
    for (const row of elements) row.remove();
    this.#spare.push(...elements);
    this.#shown = new Map();
    if (focused !== undefined && rows.length > 0) this.#place(this.#active, focused);
    else if (focused !== undefined) focused.remove();
    this.#draw();
  }

  /** Brings a row onto the screen and makes it the active one. False if it is not among the rows. */
  reveal(key: string, takeFocus: boolean): boolean {
    const index = this.#rows.indexOf(key);
    if (index < 0) return false;
    this.#activate(index, takeFocus);
    // Where the whole view is scrolled.
    this.root.scrollIntoView({ block: 'nearest' });
    return true;
  }

  focus(): void {
    if (this.#rows.length > 0) this.#activate(this.#active, true);
  }

  get #height(): number {
    return Math.min(this.#rows.length * this.#rowHeight, MAX_HEIGHT);
  }

  /** How many rows' heights fit between the edges. */
  get #pageLength(): number {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowHeight));
  }

  /** Row heights a scrolled pixel stands for: 1 unless the tree is taller than an element can be. */
  get #scale(): number {
    const visible = this.#scroller.clientHeight;
    const full = this.#rows.length * this.#rowHeight;
    return full <= MAX_HEIGHT ? 1 : (full - visible) / (MAX_HEIGHT - visible);
  }

  /** The scroll position at which a row is the topmost. */
  #offsetOf(index: number): number {
    return (index * this.#rowHeight) / this.#scale;
  }

  #anchor(): { key: string; shift: number } {
    const { scrollTop } = this.#scroller;
    const index = Math.min(this.#rows.length - 1, Math.floor((scrollTop * this.#scale) / this.#rowHeight));
    return { key: keyOf(this.#rows.at(index)), shift: scrollTop - this.#offsetOf(index) };
  }

  #drawSoon(): void {
    if (this.#isFrameDue) return;
    this.#isFrameDue = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#isFrameDue = false;
    const { length } = this.#rows;
    // Read before anything changes: afterwards it would cost a layout.
    const { scrollTop } = this.#scroller;
    const shift = scrollTop - scrollTop * this.#scale;
    const first = Math.max(0, Math.floor((scrollTop - shift) / this.#rowHeight) - OVERSCAN);
    const end = Math.min(length, first + this.#pageLength + 2 * OVERSCAN + 2);
    for (const [index, row] of this.#shown) {
      if ((index >= first && index < end) || index === this.#active) continue;
      this.#shown.delete(index);
      this.#spare.push(row);
    }
    for (let index = first; index < end; index++) this.#rowElement(index);
    if (length > 0) this.#rowElement(this.#active);
    for (const row of this.#spare.splice(0)) row.remove();
    // Rows are placed relative to what is scrolled to, which differs from their number where the tree is scaled.
    for (const [index, row] of this.#shown)
      row.style.transform = `translateY(${index * this.#rowHeight + shift}px)`;
  }

  #rowElement(index: number): HTMLElement {
    const shown = this.#shown.get(index);
    if (shown !== undefined) return shown;
    const row = this.#spare.pop() ?? createRow();
    this.#place(index, row);
    return row;
  }

  #place(index: number, target: HTMLElement): void {
    const row = this.#rows.at(index);
    fillRow(target, row);
    const isActive = index === this.#active;
    setAttributes(target, {
      'aria-rowindex': index + 2,
      'aria-selected': String(isActive),
      tabindex: isActive ? 0 : -1,
      'data-vscode-context': this.#events.context(row),
    });
    this.#shown.set(index, target);
    if (!target.isConnected) this.#body.append(target);
    if (row.kind === 'page') this.#events.need(row);
  }

  #onResize(): void {
    const isNarrow = this.root.clientWidth < NARROW;
    this.root.classList.toggle('narrow', isNarrow);
    const rowHeight = isNarrow ? 40 : 22;
    if (rowHeight !== this.#rowHeight) {
      const top = this.#rows.length > 0 ? this.#anchor() : undefined;
      this.#rowHeight = rowHeight;
      this.#body.style.height = `${this.#height}px`;
      if (top !== undefined) this.#scroller.scrollTop = this.#offsetOf(this.#rows.indexOf(top.key));
    }
    this.#drawSoon();
  }

  #activate(index: number, takeFocus: boolean): void {
    const before = this.#shown.get(this.#active);
    if (before !== undefined) setAttributes(before, { tabindex: -1, 'aria-selected': 'false' });
    this.#active = index;
    const row = this.#rowElement(index);
    setAttributes(row, { tabindex: 0, 'aria-selected': 'true' });
    this.#scrollTo(index);
    this.#draw();
    if (takeFocus) row.focus({ preventScroll: true });
    this.#events.activate(keyOf(this.#rows.at(index)));
  }

  #scrollTo(index: number): void {
    const { scrollTop, clientHeight } = this.#scroller;
    const scale = this.#scale;
    const top = index * this.#rowHeight;
    if (top < scrollTop * scale) this.#scroller.scrollTop = top / scale;
    else if (top + this.#rowHeight > scrollTop * scale + clientHeight)
      this.#scroller.scrollTop = Math.ceil((top + this.#rowHeight - clientHeight) / scale);
  }

  #indexOfElement(target: EventTarget | null): number | undefined {
    const row = (target as Element | null)?.closest('[role=row]');
    for (const [index, shown] of this.#shown) if (shown === row) return index;
    return undefined;
  }

  #onFocus({ target }: FocusEvent): void {
    const index = this.#indexOfElement(target);
    if (index !== undefined && index !== this.#active) this.#activate(index, false);
  }

  #onClick({ target }: MouseEvent): void {
    const index = this.#indexOfElement(target);
    if (index === undefined) return;
    this.#activate(index, true);
    if ((target as Element).classList.contains('twistie')) this.#toggle(index);
  }

  #onDoubleClick({ target }: MouseEvent): void {
    const index = this.#indexOfElement(target);
    if (index !== undefined && !(target as Element).classList.contains('twistie')) this.#enter(index);
  }

  #toggle(index: number): boolean {
    const row = this.#rows.at(index);
    const expansion = expansionOf(row);
    if (expansion === undefined) return false;
    this.#events.expand(keyOf(row), !expansion);
    return true;
  }

  #enter(index: number): void {
    if (!this.#toggle(index)) this.#events.choose(this.#rows.at(index));
  }

  #onKey(event: KeyboardEvent): void {
    const { length } = this.#rows;
    if (length === 0 || this.#events.key(event, this.#rows.at(this.#active))) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const go = (index: number): void => this.#activate(Math.max(0, Math.min(length - 1, index)), true);
    switch (event.key) {
      case 'ArrowDown':
        go(this.#active + 1);
        break;
      case 'ArrowUp':
        go(this.#active - 1);
        break;
      case 'PageDown':
        go(this.#active + this.#pageLength - 1);
        break;
      case 'PageUp':
        go(this.#active - this.#pageLength + 1);
        break;
      case 'Home':
        go(0);
        break;
      case 'End':
        go(length - 1);
        break;
      case 'ArrowRight':
        this.#inwards(go);
        break;
      case 'ArrowLeft':
        this.#outwards(go);
        break;
      case 'Enter':
        this.#enter(this.#active);
        break;
      case ' ':
        this.#toggle(this.#active);
        break;
      default:
        if (event.key.length !== 1) return;
        this.#type(event.key, event.timeStamp, go);
    }
    event.preventDefault();
  }

  #inwards(go: (index: number) => void): void {
    const expansion = expansionOf(this.#rows.at(this.#active));
    if (expansion === false) this.#toggle(this.#active);
    else if (expansion === true) go(this.#active + 1);
  }

  #outwards(go: (index: number) => void): void {
    if (expansionOf(this.#rows.at(this.#active)) === true) this.#toggle(this.#active);
    else if (levelOf(this.#rows.at(this.#active)) > 1) go(this.#rows.parentOf(this.#active));
  }

  /** Goes to the next row with the typed text in its name or address. */
  #type(letter: string, now: number, go: (index: number) => void): void {
    const isMore = now - this.#typed.at < TYPING_PAUSE;
    this.#typed = { text: (isMore ? this.#typed.text : '') + letter.toLowerCase(), at: now };
    const { length } = this.#rows;
    for (let step = isMore ? 0 : 1; step <= length; step++) {
      const index = (this.#active + step) % length;
      if (findText(this.#rows.at(index)).toLowerCase().includes(this.#typed.text)) {
        go(index);
        return;
      }
    }
  }
}
