/** Write-once memory as text: what it costs, where the stores go, and a lane for each object. */
import type { Fragmentation } from '../../sealing/writeOnce/fragmentation.ts';
import type { LaneEvent, WriteOnceObject } from '../../sealing/writeOnce/object.ts';
import type { ObjectPage } from '../../sealing/writeOnce/page.ts';
import { counted, grouped, hex, sizeText } from '../report/index.ts';
import type { WriteOnce } from './writeOnce.ts';

const MAX_OBJECTS = 200;
const MAX_PAGES = 200;
/** Of a lane's text: what happened last is at its end. */
const MAX_EVENTS = 8;
/** How often an object was written, in tenths of the most written one of all. */
const HEAT = ' .:-=+*#%@';

/** One paragraph: what the objects take, and what they would take alone. */
export function fragmentationText(found: Fragmentation): string {
  const { pages, heldByOne, empty, liveObjects, liveBytes, allocatedBytes, onePerPage } = found;
  const used = allocatedBytes === 0n ? 0 : (Number(liveBytes) / Number(allocatedBytes)) * 100;
  const rest = [
    ...(heldByOne === 0 ? [] : [`${counted(heldByOne, 'page')} held by one object`]),
    ...(empty === 0 ? [] : [`${counted(empty, 'page')} without a live object`]),
  ];
  return [
    `${counted(liveObjects, 'live object')} (${counted(liveBytes, 'byte')}) on ${counted(pages, 'page')} (${sizeText(allocatedBytes)}): ${used.toFixed(1)} % used`,
    ...rest,
    `with one object a page: ${counted(onePerPage.pages, 'page')} (${sizeText(onePerPage.bytes)})`,
  ].join('; ');
}

/** Pages with the heat of their objects, and lanes, in lines. */
export function writeOnceText(writeOnce: WriteOnce): string[] {
  const { objects, pages, complete } = writeOnce;
  const hottest = objects.reduce((most, { stores }) => Math.max(most, stores), 1);
  return [
    ...(complete ? [] : ['there were more objects than are followed']),
    `Pages, each object as one sign: o free, from "." to "@" by its stores (at most ${grouped(hottest)})`,
    ...pages.slice(0, MAX_PAGES).map((page) => pageText(page, hottest)),
    ...more(pages.length - MAX_PAGES, 'page'),
    'Objects',
    ...objects.slice(0, MAX_OBJECTS).map(laneText),
    ...more(objects.length - MAX_OBJECTS, 'object'),
  ];
}

/** `0xffffffd600a54000  13 of 51 live    1,313 stores  |@@::oooo|`. */
function pageText(page: ObjectPage, hottest: number): string {
  const { objects, live, stores, strayStores, virtual } = page;
  const heat = objects
    .map((object) => {
      if (!object.isLive) return 'o';
      return HEAT[Math.min(HEAT.length - 1, Math.ceil((object.stores / hottest) * (HEAT.length - 1)))]!;
    })
    .join('');
  const stray = strayStores === 0 ? '' : `, ${grouped(strayStores)} to no object`;
  return `  ${hex(virtual)}  ${live} of ${objects.length} live, ${counted(stores, 'store')}${stray}  |${heat}|`;
}

/** `0xffffffd600a54050 cred, life 2, sealed: allocated 1,234 → initialised 1,240 → …`. */
function laneText({ address, cache, memory, state, lives, events, stores }: WriteOnceObject): string {
  const shown = events.slice(-MAX_EVENTS);
  const lane = shown.map(eventText).join(' → ');
  const before = events.length > shown.length ? '… → ' : '';
  const life = lives > 1 ? `, life ${lives}` : '';
  return `  ${hex(address)} ${cache ?? memory}${life}, ${state}, ${counted(stores, 'store')}: ${before}${lane}`;
}

function eventText({ kind, step, hart, place, check }: LaneEvent): string {
  const what = kind === 'violation' ? (check ?? kind) : kind;
  const who = place.function === '' ? hex(place.pc) : place.function;
  return `${what} (${who}, hart ${hart}, ${grouped(step)})`;
}

function more(count: number, noun: string): string[] {
  return count > 0 ? [`  and ${counted(count, `more ${noun}`)}`] : [];
}
