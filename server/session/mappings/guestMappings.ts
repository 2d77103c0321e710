/** The address spaces of a guest: walks, history and annotations put together. */
import type { NeighbourSymbol } from '../../sealing/refusedStore.ts';
import { hartOf, type Guest } from '../guest.ts';
import type { Seals } from '../seals.ts';
import { SpaceContext } from './context.ts';
import { FrameIndex } from './frameIndex.ts';
import { isBare, type MappingHistory } from './history.ts';
import type { MappingView, Mappings, PageQuery, PagesView, SpaceQuery, SpaceView } from './mappings.ts';
import { pagesOf } from './pages.ts';
import { mappingNames, rowsOf, type RowMaker } from './rows.ts';

export interface GuestMappingsParts {
  readonly guest: Guest;
  readonly seals: Seals;
  readonly history: MappingHistory;
  readonly symbolsIn: (start: bigint, end: bigint) => readonly NeighbourSymbol[];
}

const PAGE = 4096n;
const MAX_ALIASES = 8;
/** Mappings from which on one alias each is enough: the answer has tens of megabytes as it is. */
const LONG_LIST = 10_000;

export class GuestMappings implements Mappings {
  readonly #parts: GuestMappingsParts;

  constructor(parts: GuestMappingsParts) {
    this.#parts = parts;
  }

  async list(query: SpaceQuery): Promise<SpaceView> {
    const { guest, history } = this.#parts;
    const { machine, space } = guest;
    const root = history.rootOf(hartOf(guest, query.hart).id);
    const { context, since } = await this.#look(query);
    const maker: RowMaker = {
      space,
      context,
      frames: new FrameIndex(context.now.mappings),
      aliasLimit: context.now.mappings.length > LONG_LIST ? 1 : MAX_ALIASES,
      nameOf: mappingNames(context.now, space, BigInt(machine.memory.size)),
    };
    return {
      stop: history.stop.ordinal,
      stops: history.stops,
      since,
      hart: query.hart,
      mode: machine.virtual.translate(query.hart, 0n, root).mode,
      satp: isBare(root) ? undefined : machine.virtual.satp(query.hart),
      complete: context.now.complete,
      mappings: await this.#rows(maker),
      removed: context.removed,
    };
  }

  async pages(query: PageQuery): Promise<PagesView> {
    const { guest, symbolsIn } = this.#parts;
    const { context } = await this.#look(query);
    const start = query.start - (query.start % PAGE);
    const end = query.end + ((PAGE - (query.end % PAGE)) % PAGE);
    return pagesOf({ space: guest.space, context, symbolsIn }, start, end, query.first, query.count);
  }

  async #rows(maker: RowMaker): Promise<MappingView[]> {
    const pause = this.#parts.history.pauses();
    const rows: MappingView[] = [];
    for (const mapping of maker.context.now.mappings) {
      for (const row of rowsOf(maker, mapping)) rows.push(row);
      await pause();
    }
    return rows;
  }

  /** What the hart's tables map now, and what is to be said of it. */
  async #look({ hart, since }: SpaceQuery): Promise<{ context: SpaceContext; since: number }> {
    const { guest, seals, history } = this.#parts;
    const root = history.rootOf(hartOf(guest, hart).id);
    const now = await history.now(root);
    const wanted = since ?? history.stops.at(-1)?.ordinal ?? 0;
    const earlier = history.at(wanted, hart);
    // Turning paging on changes every page; to say so of each would hide what matters.
    const then = earlier !== undefined && isBare(earlier.root) === isBare(root) ? earlier.list : undefined;
    const { space } = guest;
    const context = new SpaceContext({ space, statuses: seals.status(), pending: seals.pending, now, then });
    return { context, since: then === undefined ? 0 : wanted };
  }
}
