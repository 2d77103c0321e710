/** The address space as a tree: a grid whose rows open and close. */
import { VirtualGrid } from '../common/virtualGrid.ts';
import { columns, expansionOf, fillRow, findText } from './cells.ts';
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

export class Tree {
  readonly root: HTMLElement;
  readonly #events: TreeEvents;
  readonly #grid: VirtualGrid<Row>;
  #rows = Rows.none;

  constructor(events: TreeEvents) {
    this.#events = events;
    this.#grid = new VirtualGrid(
      this.#rows,
      {
        ...{ role: 'treegrid', label: 'Page permissions', columns, keyOf, findText, fill: fillRow },
        ...{ rowHeight: 22, narrow: { below: 900, height: 40 } },
      },
      {
        activate: (key) => events.activate(key),
        choose: (row) => {
          if (!this.#toggle(row)) events.choose(row);
        },
        click: (target, row) => {
          if (target.classList.contains('twistie')) this.#toggle(row);
        },
        shown: (row) => {
          if (row.kind === 'page') events.need(row);
        },
        key: (event, row) => events.key(event, row) || this.#onKey(event, row),
        context: (row) => events.context(row),
      },
    );
    this.root = this.#grid.root;
  }

  /** Shows other rows; what was at the top stays there if it still exists. */
  show(rows: Rows, active: string | undefined): void {
    this.#rows = rows;
    this.#grid.show(rows, active);
  }

  reveal(key: string, takeFocus: boolean): boolean {
    return this.#grid.reveal(key, takeFocus);
  }

  focus(): void {
    this.#grid.focus();
  }

  #toggle(row: Row): boolean {
    const expansion = expansionOf(row);
    if (expansion === undefined) return false;
    this.#events.expand(keyOf(row), !expansion);
    return true;
  }

  #onKey(event: KeyboardEvent, row: Row): boolean {
    if (event.altKey || event.ctrlKey || event.metaKey) return false;
    const expansion = expansionOf(row);
    switch (event.key) {
      case 'ArrowRight':
        if (expansion === false) this.#toggle(row);
        else if (expansion === true) this.#grid.goTo(this.#grid.active + 1);
        break;
      case 'ArrowLeft':
        if (expansion === true) this.#toggle(row);
        else if (levelOf(row) > 1) this.#grid.goTo(this.#rows.parentOf(this.#grid.active));
        break;
      case ' ':
        this.#toggle(row);
        break;
      default:
        return false;
    }
    event.preventDefault();
    return true;
  }
}
