/** All that the view shows, in one value. */
import type { Phases } from '../../views/permissions/messages.ts';
import type { LoadedPages } from './rows.ts';
import { type Filter, type Space, filters } from './space.ts';

export interface State {
  /** `none`: no session was seen yet, or the last one is over. */
  readonly session: 'none' | 'running' | 'stopped';
  readonly name: string;
  readonly space: Space | undefined;
  readonly phases: Phases | undefined;
  readonly problem: string | undefined;
  readonly filter: Filter;
  readonly isMapShown: boolean;
  readonly expanded: ReadonlySet<string>;
  /** By the mapping's start; of this stop, or of an earlier one until the answer comes. */
  readonly pages: ReadonlyMap<string, LoadedPages>;
  /** Key of the row that has the focus when the tree has it. */
  readonly active: string | undefined;
}

/** What outlives the page. */
type Kept = Pick<State, 'filter' | 'isMapShown' | 'active'> & { readonly expanded: readonly string[] };

/** Enough for all that a person opens by hand; it is written at every change. */
const MAX_KEPT = 500;

export const toKeep = ({ filter, isMapShown, active, expanded }: State): Kept => ({
  filter,
  isMapShown,
  active,
  expanded: [...expanded].slice(-MAX_KEPT),
});

export function initialState(kept: unknown): State {
  const { filter, isMapShown, active, expanded } = (kept ?? {}) as Partial<Kept>;
  return {
    ...{
      session: 'none',
      name: '',
      space: undefined,
      phases: undefined,
      problem: undefined,
      pages: new Map(),
    },
    filter: filters.find((known) => known === filter) ?? 'all',
    isMapShown: isMapShown ?? true,
    active,
    expanded: new Set(expanded),
  };
}
