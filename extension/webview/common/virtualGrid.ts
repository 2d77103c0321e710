/**
 * Rows on the screen as a grid: elements for what can be seen and no more, reused while it is scrolled. All of it is
 * one stop for Tab; arrows move the active row, which keeps its element wherever it is.
 */
import { element, setAttributes } from './dom.ts';

/** Rows by their index, and what outlives a change of them: a key. */
export interface RowSource<Row> {
  readonly length: number;
  at(index: number): Row;
  /** -1 if no row has this key. */
  indexOf(key: string): number;
}

export interface Column {
  readonly id: string;
  readonly label: string;
}

export interface GridLook<Row> {
  readonly role: 'grid' | 'treegrid';
  readonly label: string;
  readonly columns: readonly Column[];
  /** Pixels of a row; where the grid is narrower than `below`, `height` of them. */
  readonly rowHeight: number;
  readonly narrow?: { readonly below: number; readonly height: number };
  keyOf(row: Row): string;
  /** Shows a row in an element that has a cell for each column, and maybe shows another one now. */
  fill(target: HTMLElement, row: Row): void;
  /** What typing finds a row by. */
  findText(row: Row): string;
}

export interface GridEvents<Row> {
  activate(key: string): void;
  /** Enter or a double click. */
  choose(row: Row): void;
  /** A key beyond those that move; true if it was used. */
  key(event: KeyboardEvent, row: Row): boolean;
  click?(target: Element, row: Row): void;
  /** A row has come onto the screen. */
  shown?(row: Row): void;
  /** What VS Code's context menu gets to know about a row. */
  context?(row: Row): string;
}

/** Browsers cannot make elements much taller; more rows than fit are reached by scaling. */
const MAX_HEIGHT = 15_000_000;
/** Rows drawn beyond the edges, so that a fast scroll shows no gap. */
const OVERSCAN = 6;
/** How long typed letters belong to one word, in milliseconds. */
const TYPING_PAUSE = 700;

export class VirtualGrid<Row> {
  readonly root: HTMLElement;
  readonly #look: GridLook<Row>;
  readonly #events: GridEvents<Row>;
  readonly #scroller: HTMLElement;
  readonly #body: HTMLElement;
  /** Elements by the index of the row that they show. */
  #shown = new Map<number, HTMLElement>();
  #spare: HTMLElement[] = [];
  #rows: RowSource<Row>;
  #active = 0;
  #rowHeight: number;
  #isFrameDue = false;
  #typed = { text: '', at: 0 };

  constructor(rows: RowSource<Row>, look: GridLook<Row>, events: GridEvents<Row>) {
    this.#rows = rows;
    this.#look = look;
    this.#events = events;
    this.#rowHeight = look.rowHeight;
    const titles = look.columns.map(({ id, label }, index) =>
      element('div', { role: 'columnheader', class: `cell ${id}`, 'aria-colindex': index + 1 }, label),
    );
    const header = element('div', { role: 'row', class: 'row header', 'aria-rowindex': 1 }, ...titles);
    this.#body = element('div', { role: 'rowgroup', class: 'body' });
    this.#scroller = element('div', { role: 'presentation', class: 'scroller' }, this.#body);
    this.root = element(
      'div',
      { role: look.role, class: 'tree', 'aria-label': look.label, 'aria-colcount': look.columns.length },
      element('div', { role: 'rowgroup' }, header),
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

  get active(): number {
    return this.#active;
  }

  /** Shows other rows; what was at the top stays there if it still exists. */
  show(rows: RowSource<Row>, active: string | undefined): void {
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

  /** As a person does by keys: the nearest row there is, with the focus. */
  goTo(index: number): void {
    this.#activate(Math.max(0, Math.min(this.#rows.length - 1, index)), true);
  }

  get #height(): number {
    return Math.min(this.#rows.length * this.#rowHeight, MAX_HEIGHT);
  }

  /** How many rows' heights fit between the edges. */
  get #pageLength(): number {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowHeight));
  }

  /** Row heights a scrolled pixel stands for: 1 unless the grid is taller than an element can be. */
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
    return { key: this.#look.keyOf(this.#rows.at(index)), shift: scrollTop - this.#offsetOf(index) };
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
    // Rows are placed relative to what is scrolled to, which differs from their number where the grid is scaled.
    for (const [index, row] of this.#shown)
      row.style.transform = `translateY(${index * this.#rowHeight + shift}px)`;
  }

  #rowElement(index: number): HTMLElement {
    const shown = this.#shown.get(index);
    if (shown !== undefined) return shown;
    const row = this.#spare.pop() ?? this.#createRow();
    this.#place(index, row);
    return row;
  }

  #createRow(): HTMLElement {
    const row = element('div', { role: 'row', class: 'row', tabindex: -1 });
    for (const { id } of this.#look.columns)
      row.append(element('div', { role: 'gridcell', class: `cell ${id}` }));
    return row;
  }

  #place(index: number, target: HTMLElement): void {
    const row = this.#rows.at(index);
    this.#look.fill(target, row);
    const isActive = index === this.#active;
    setAttributes(target, {
      'aria-rowindex': index + 2,
      'aria-selected': String(isActive),
      tabindex: isActive ? 0 : -1,
      'data-vscode-context': this.#events.context?.(row),
    });
    this.#shown.set(index, target);
    if (!target.isConnected) this.#body.append(target);
    this.#events.shown?.(row);
  }

  #onResize(): void {
    const { rowHeight: wide, narrow } = this.#look;
    const isNarrow = narrow !== undefined && this.root.clientWidth < narrow.below;
    this.root.classList.toggle('narrow', isNarrow);
    const rowHeight = isNarrow ? narrow.height : wide;
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
    this.#events.activate(this.#look.keyOf(this.#rows.at(index)));
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
    this.#events.click?.(target as Element, this.#rows.at(index));
  }

  #onDoubleClick({ target }: MouseEvent): void {
    const index = this.#indexOfElement(target);
    if (index !== undefined && !(target as Element).classList.contains('twistie'))
      this.#events.choose(this.#rows.at(index));
  }

  #onKey(event: KeyboardEvent): void {
    const { length } = this.#rows;
    if (length === 0 || this.#events.key(event, this.#rows.at(this.#active))) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    switch (event.key) {
      case 'ArrowDown':
        this.goTo(this.#active + 1);
        break;
      case 'ArrowUp':
        this.goTo(this.#active - 1);
        break;
      case 'PageDown':
        this.goTo(this.#active + this.#pageLength - 1);
        break;
      case 'PageUp':
        this.goTo(this.#active - this.#pageLength + 1);
        break;
      case 'Home':
        this.goTo(0);
        break;
      case 'End':
        this.goTo(length - 1);
        break;
      case 'Enter':
        this.#events.choose(this.#rows.at(this.#active));
        break;
      default:
        if (event.key.length !== 1) return;
        this.#type(event.key, event.timeStamp);
    }
    event.preventDefault();
  }

  /** Goes to the next row with the typed text in its name or address. */
  #type(letter: string, now: number): void {
    const isMore = now - this.#typed.at < TYPING_PAUSE;
    this.#typed = { text: (isMore ? this.#typed.text : '') + letter.toLowerCase(), at: now };
    const { length } = this.#rows;
    for (let step = isMore ? 0 : 1; step <= length; step++) {
      const index = (this.#active + step) % length;
      if (this.#look.findText(this.#rows.at(index)).toLowerCase().includes(this.#typed.text)) {
        this.goTo(index);
        return;
      }
    }
  }
}
