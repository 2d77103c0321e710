/** All that the view shows, in one value. */
import type { SessionNews } from '../../views/common/messages.ts';
import type {
  Differences,
  PermissionEvent,
  Region,
  SealWindow,
  Timeline,
  WindowDetails,
  Windows,
} from '../../views/timeline/messages.ts';

export const filters = ['all', 'supervisor', 'gained', 'lost', 'wx'] as const;
export type Filter = (typeof filters)[number];

export const filterLabels: Readonly<Record<Filter, string>> = {
  all: 'All changes',
  supervisor: "Not the user's pages",
  gained: 'Gains W',
  lost: 'Loses W',
  wx: 'W and X',
};

export const tabs = ['events', 'difference', 'windows'] as const;
export type Tab = (typeof tabs)[number];

/** Addresses that changes have to touch. */
export interface Range {
  readonly name: string;
  readonly start: string;
  /** The first address behind it. */
  readonly end: string;
}

/** The run as a whole. */
export type Run = Omit<Timeline, 'events' | 'more'>;

export interface Marks {
  readonly a: bigint | undefined;
  readonly b: bigint | undefined;
}

export interface State {
  readonly session: SessionNews['state'];
  readonly problem: string | undefined;
  readonly run: Run | undefined;
  readonly regions: readonly Region[];
  readonly filter: Filter;
  /** A sealed region's name, when only that is wanted. */
  readonly region: string | undefined;
  readonly place: Range | undefined;
  /** The last step whose changes are listed; undefined: now. */
  readonly moment: bigint | undefined;
  readonly marks: Marks;
  readonly tab: Tab;
  /** Up to the moment, newest first. */
  readonly events: readonly PermissionEvent[];
  /** There are older ones. */
  readonly more: boolean;
  readonly active: string | undefined;
  readonly differences: Differences | undefined;
  readonly activeDifference: string | undefined;
  readonly windows: Windows | undefined;
  readonly window: SealWindow | undefined;
  readonly windowDetails: WindowDetails | undefined;
}

/** What outlives the page. */
type Kept = Pick<State, 'filter' | 'tab'>;

export const toKeep = ({ filter, tab }: State): Kept => ({ filter, tab });

export function initialState(kept: unknown): State {
  const { filter, tab } = (kept ?? {}) as Partial<Kept>;
  return {
    ...{ session: 'none', problem: undefined, run: undefined, regions: [], region: undefined },
    ...{ place: undefined, moment: undefined, marks: { a: undefined, b: undefined }, events: [] },
    ...{ more: false, active: undefined, differences: undefined, activeDifference: undefined },
    ...{ windows: undefined, window: undefined, windowDetails: undefined },
    filter: filters.find((known) => known === filter) ?? 'all',
    tab: tabs.find((known) => known === tab) ?? 'events',
  };
}
