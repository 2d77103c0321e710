/** Windows, broken rules and DMA into sealed memory, as text for people and as JSON for programs. */
import type { Moment } from '../../sealing/sealEvent.ts';
import type {
  DmaIntoSeal,
  RaceReport,
  Violation,
  Window,
  Windows,
  WindowStoreView,
} from '../windows/windows.ts';
import { counted, grouped, hex, hexValue } from './format.ts';
import { placeJson, type Json, type JsonObject } from './json.ts';

const STORES_SHOWN = 8;
const EXPOSED_SHOWN = 6;

export function windowJson(windows: Windows, window: Window): JsonObject {
  const { number, opened, opener, allowedBy, pages, closed } = window;
  return {
    event: 'window',
    number,
    step: opened.step.toString(),
    hart: opened.hart,
    opener: placeJson(opener),
    stack: opened.stack.map(placeJson),
    allowedBy: allowedBy ?? null,
    pages: pages.map(({ virtual, physical, home, kind, user }) => ({
      address: hex(virtual),
      physical: hex(physical),
      sealedAt: hex(home),
      kind,
      user,
    })),
    pageCount: window.pageCount,
    exposed: windows
      .exposed(window)
      .map(({ name, address, size }) => ({ name, address: hex(address), size })),
    stores: windows.storesIn(window).map(storeJson),
    storeCount: window.storeCount,
    length: windows.lengthOf(window).toString(),
    harts: window.reach.map(({ hart, by, step }) => ({ hart, by, since: step.toString() })),
    crossings: window.crossings.map(({ kind, step }) => ({ kind, step: step.toString() })),
    closed:
      closed === undefined
        ? null
        : {
            step: closed.step.toString(),
            hart: closed.hart,
            ...placeJson(closed.place),
            byOpener: closed.byOpener,
          },
    staleHarts: window.lingering,
    violations: window.violations.map(({ kind }) => kind),
  };
}

export function violationJson({ number, kind, window, step, hart, place, text }: Violation): JsonObject {
  return {
    event: 'violation',
    number,
    kind,
    window: window.number,
    step: step.toString(),
    hart,
    ...placeJson(place),
    text,
    stack: window.opened.stack.map(placeJson),
  };
}

export function dmaJson({ step, device, physical, length, region, symbols }: DmaIntoSeal): JsonObject {
  return {
    event: 'dma',
    step: step.toString(),
    device,
    physical: hex(physical),
    length,
    region: region?.name ?? null,
    symbols: symbols.map(({ name, address, size }) => ({ name, address: hex(address), size })),
  };
}

function storeJson(store: WindowStoreView): Json {
  return {
    step: store.step.toString(),
    hart: store.hart,
    ...placeJson(store.place),
    address: hex(store.address),
    object: store.object ?? null,
    size: store.size,
    oldValue: hexValue(store.oldValue, store.size),
    newValue: hexValue(store.newValue, store.size),
  };
}

export function dmaText({ step, device, physical, length, region, symbols }: DmaIntoSeal): string {
  const names = symbols.slice(0, EXPOSED_SHOWN).map(({ name }) => name);
  const objects =
    names.length === 0 ? '' : `: ${names.join(', ')}${symbols.length > names.length ? ', …' : ''}`;
  const where = region === undefined ? 'sealed memory' : region.name;
  return `${device} wrote ${counted(length, 'byte')} to ${where} at physical ${hex(physical)}, past all page tables, at step ${grouped(step)}${objects}`;
}

export function racesJson(windows: Windows, { window, reach, runs }: RaceReport): JsonObject {
  const known = windows.window(window);
  return {
    event: 'races',
    window,
    reach: reach.map(({ hart, by, first, last, samples, landing }) => ({
      hart,
      by,
      first: first.toString(),
      last: last.toString(),
      samples,
      landing,
    })),
    runs: runs.map(({ seed, stores, storeCount, steps, closed, stateHash }) => ({
      seed,
      stores: stores.map((store) => storeJson(windows.named(known, store))),
      storeCount,
      length: steps.toString(),
      closed,
      stateHash: stateHash ?? null,
    })),
  };
}

/** What other harts could do to a window, and did under other interleavings. */
export function racesText(windows: Windows, { window, reach, runs }: RaceReport): string[] {
  const known = windows.window(window);
  const hits = runs.filter(({ storeCount }) => storeCount > 0);
  const means = { 'page-table': 'its page tables', tlb: 'its TLB', bare: 'no paging' };
  return [
    `races into window ${window}, opened by ${whoText(known.opener.function, known.opened)}`,
    ...(reach.length === 0 ? ['  no other hart could write'] : []),
    ...reach.map(
      ({ hart, by, first, last, samples, landing }) =>
        `  hart ${hart} could write by ${means[by]}, from step ${grouped(first)} to ${grouped(last)} of the window (${grouped(landing)} of ${counted(samples, 'moment')})`,
    ),
    `  ${counted(hits.length, 'interleaving')} of ${grouped(runs.length)} had a store of another hart land`,
    ...hits.slice(0, STORES_SHOWN).map(({ seed, stores, stateHash }) => {
      const [first] = stores;
      const text = first === undefined ? '' : storeText(windows.named(known, first));
      return `    --seed ${seed}: ${text}; ends in state ${stateHash ?? ''}`;
    }),
  ];
}

/** One window, in a few lines. */
export function windowText(windows: Windows, window: Window): string[] {
  const { number, opened, opener, pages, pageCount, closed } = window;
  const [first] = pages;
  const stores = windows.storesIn(window);
  const exposed = windows.exposed(window).map(({ name }) => name);
  const where = first === undefined ? '' : ` on ${hex(first.home)}`;
  const alias = first?.kind === 'alias' ? ` through ${hex(first.virtual)}` : '';
  const more = pageCount > 1 ? ` and ${counted(pageCount - 1, 'more page')}` : '';
  const harts = window.reach.map(({ hart }) => hart);
  return [
    `window ${number}${where}${alias}${more}, opened by ${whoText(opener.function, opened)}`,
    `  ${endText(windows, window)}`,
    `  ${harts.length === 1 ? 'only hart' : 'harts'} ${harts.join(', ')} could write; ${counted(window.storeCount, 'store')}`,
    ...stores.slice(0, STORES_SHOWN).map((store) => `    ${storeText(store)}`),
    ...(window.storeCount > STORES_SHOWN
      ? [`    and ${counted(window.storeCount - STORES_SHOWN, 'more store')}`]
      : []),
    ...(exposed.length === 0
      ? []
      : [
          `  exposed: ${exposed.slice(0, EXPOSED_SHOWN).join(', ')}${exposed.length > EXPOSED_SHOWN ? `, and ${exposed.length - EXPOSED_SHOWN} more` : ''}`,
        ]),
    ...(closed !== undefined && window.lingering.length > 0
      ? [`  still open in the TLB of hart ${window.lingering.join(', ')}: an sfence.vma is missing`]
      : []),
    ...window.violations.map(({ text }) => `  breaks a rule: ${text}`),
  ];
}

/** How many windows were how long: a line for each power of two. */
export function histogramText(counts: readonly number[]): string[] {
  return counts.flatMap((count, power) =>
    count === 0
      ? []
      : [`  ${grouped(2 ** power)} to ${grouped(2 ** (power + 1) - 1)} steps: ${grouped(count)}`],
  );
}

function whoText(name: string, { hart, step }: Moment): string {
  return `${name === '' ? 'unknown code' : `${name}()`} on hart ${hart} at step ${grouped(step)}`;
}

function endText(windows: Windows, window: Window): string {
  const { closed, crossings } = window;
  const words = { return: 'a return of its opener', trap: 'a trap', switch: 'a switch of page tables' };
  const over = crossings.map(({ kind }) => words[kind]).join(', ');
  const left = over === '' ? '' : `, left open over ${over}`;
  const length = counted(windows.lengthOf(window), 'step');
  if (closed === undefined) return `still open after ${length}${left}`;
  const by = closed.byOpener
    ? ''
    : ` by ${closed.place.function === '' ? 'unknown code' : `${closed.place.function}()`} on hart ${closed.hart}`;
  return `closed after ${length}${by}${left}`;
}

function storeText({
  step,
  hart,
  place,
  object,
  address,
  size,
  oldValue,
  newValue,
}: WindowStoreView): string {
  const who = place.function === '' ? hex(place.pc) : `${place.function}()`;
  return `step ${grouped(step)}, hart ${hart}: ${who} ${object ?? hex(address)} ${hexValue(oldValue, size)} → ${hexValue(newValue, size)}`;
}
