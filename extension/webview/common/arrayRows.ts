import type { RowSource } from './virtualGrid.ts';

/** Rows of an array, by keys that say what they are. */
export class ArrayRows<Row> implements RowSource<Row> {
  readonly #rows: readonly Row[];
  readonly #keyOf: (row: Row) => string;
  #indices: Map<string, number> | undefined;

  constructor(rows: readonly Row[], keyOf: (row: Row) => string) {
    this.#rows = rows;
    this.#keyOf = keyOf;
  }

  get length(): number {
    return this.#rows.length;
  }

  at(index: number): Row {
    return this.#rows[index]!;
  }

  indexOf(key: string): number {
    this.#indices ??= new Map(this.#rows.map((row, index) => [this.#keyOf(row), index]));
    return this.#indices.get(key) ?? -1;
  }
}
