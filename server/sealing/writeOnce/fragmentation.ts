/** What it costs that objects share sealed pages, and what it would cost if they did not. */
import type { ObjectPage } from './page.ts';
import { PAGE } from './page.ts';

export interface Fragmentation {
  /** Pages that hold, or have held, an object. */
  readonly pages: number;
  /** Of these: with exactly one live object, and with none. */
  readonly heldByOne: number;
  readonly empty: number;
  readonly liveObjects: number;
  readonly liveBytes: bigint;
  /** All pages, in bytes. */
  readonly allocatedBytes: bigint;
  /** If every live object had pages of its own. */
  readonly onePerPage: { readonly pages: number; readonly bytes: bigint };
}

export function fragmentationOf(pages: Iterable<ObjectPage>): Fragmentation {
  let [count, heldByOne, empty, liveObjects, alone] = [0, 0, 0, 0, 0];
  let liveBytes = 0n;
  for (const page of pages) {
    const live = page.objects.filter(({ isLive }) => isLive);
    count++;
    if (live.length === 1) heldByOne++;
    if (live.length === 0) empty++;
    // An object over two pages counts where it begins.
    for (const { size } of live.filter(({ address }) => address >= page.virtual)) {
      liveObjects++;
      liveBytes += BigInt(size);
      alone += Math.ceil(size / Number(PAGE));
    }
  }
  return {
    pages: count,
    heldByOne,
    empty,
    liveObjects,
    liveBytes,
    allocatedBytes: BigInt(count) * PAGE,
    onePerPage: { pages: alone, bytes: BigInt(alone) * PAGE },
  };
}
