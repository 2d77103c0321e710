import { addressOrder, AddressSearch } from '../addressSearch.ts';

/** Which of many address ranges contains an address. Each range has a number that says what it stands for. */
export class AddressTable {
  readonly #search: AddressSearch;
  readonly #ends: BigUint64Array;
  readonly #payloads: Float64Array;
  /** For each position, the highest end of it and all before: where a search backwards may give up. */
  readonly #reach: BigUint64Array;

  constructor(ranges: readonly { readonly start: bigint; readonly end: bigint; readonly payload: number }[]) {
    const high = Uint32Array.from(ranges, (range) => Number((range.start >> 32n) & 0xffffffffn));
    const low = Uint32Array.from(ranges, (range) => Number(range.start & 0xffffffffn));
    const order = addressOrder(high, low);
    this.#search = new AddressSearch(
      order.map((at) => high[at]!),
      order.map((at) => low[at]!),
    );
    this.#ends = new BigUint64Array(order.length);
    this.#payloads = new Float64Array(order.length);
    this.#reach = new BigUint64Array(order.length);
    let reach = 0n;
    order.forEach((at, position) => {
      const range = ranges[at]!;
      this.#ends[position] = range.end;
      this.#payloads[position] = range.payload;
      if (range.end > reach) reach = range.end;
      this.#reach[position] = reach;
    });
  }

  /** The range that contains `address`; of several, the one that starts last. */
  find(
    address: bigint,
  ): { readonly start: bigint; readonly end: bigint; readonly payload: number } | undefined {
    for (let at = this.#search.lastAtOrBefore(address); at >= 0 && this.#reach[at]! > address; at--) {
      const end = this.#ends[at]!;
      if (end > address) return { start: this.#search.at(at), end, payload: this.#payloads[at]! };
    }
    return undefined;
  }
}
