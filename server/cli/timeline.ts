/** What `sealscope run --timeline` tells at the end: who changed the permissions of the kernel's pages. */
import { permissionsOfFlags, permissionText, type Timeline, type TimelineEntry } from '../session/index.ts';
import { counted, grouped, hex, placeJson, type JsonObject } from '../session/report/index.ts';
import type { WindowLines } from './windows.ts';

/** Changes of one sort that one function made: kernels go through pages, or patch themselves, one store at a time. */
interface Group {
  readonly first: TimelineEntry;
  last: TimelineEntry;
  count: number;
  pages: bigint;
}

/** Groups that the text report shows. */
const SHOWN = 200;
const PAGE = 4096n;

export function reportTimeline(timeline: Timeline, { event, note }: WindowLines): void {
  const { entries } = timeline.page({ supervisor: true }, Infinity);
  if (event !== undefined) {
    for (const entry of entries) event(permissionJson(entry));
    return;
  }
  note(`${counted(entries.length, 'permission change')} of the kernel's pages`);
  if (timeline.supervisorCompleteFrom > 0n)
    note(`what was before step ${grouped(timeline.supervisorCompleteFrom)} is no longer known`);
  if (!timeline.exhaustive)
    note('there were more page tables than can be followed: some changes are missing');
  const groups = groupsOf(entries);
  for (const group of groups.slice(0, SHOWN)) note(groupText(group));
  if (groups.length > SHOWN) note(`and ${grouped(groups.length - SHOWN)} more; --json tells every change`);
}

function groupsOf(entries: readonly TimelineEntry[]): Group[] {
  const groups = new Map<string, Group>();
  for (const entry of entries) {
    const { kind, cause, from, to, start, end } = entry.event;
    const key = [entry.by.function || entry.by.pc, cause, kind, from, to].join(' ');
    const pages = (end - start) / PAGE;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: entry, last: entry, count: 1, pages });
    else {
      group.last = entry;
      group.count++;
      group.pages += pages;
    }
  }
  return [...groups.values()];
}

/** `step 1,234 to 5,678: seal_kernel changes rw- to r--, 12 times, 12 pages; first 0x… (caps)`. */
function groupText({ first, last, count, pages }: Group): string {
  const { event, by, symbol } = first;
  const when = count === 1 ? '' : ` to ${grouped(last.event.step)}`;
  const who = by.function === '' ? hex(by.pc) : by.function;
  const times = count === 1 ? '' : `, ${grouped(count)} times`;
  const where = symbol === undefined ? hex(event.start) : `${hex(event.start)} (${symbol})`;
  const what = `${event.cause} ${event.kind} ${letters(event.from)} to ${letters(event.to)}`;
  return `step ${grouped(event.step)}${when}: ${who}: ${what}${times}, ${counted(Number(pages), 'page')}; first ${where}`;
}

function permissionJson({ event, place, by, symbol }: TimelineEntry): JsonObject {
  const { serial, step, hart, cause, kind, satp, start, end, physical, physicalBefore, from, to } = event;
  return {
    event: 'permission',
    step: step.toString(),
    hart,
    ...placeJson(place),
    serial,
    cause,
    kind,
    satp: hex(satp),
    start: hex(start),
    end: hex(end),
    symbol: symbol ?? null,
    physicalBefore: physicalBefore === undefined ? null : hex(physicalBefore),
    physical: physical === undefined ? null : hex(physical),
    from: letters(from),
    to: letters(to),
    by: placeJson(by),
  };
}

/** `---` where nothing is mapped. */
function letters(flags: number): string {
  return permissionText(permissionsOfFlags(flags));
}
