/** Windows, broken rules, and races. */
import type { Violation, Window, Windows, WindowStoreView } from '../../../session/index.ts';
import { hex, windowText } from '../../../session/report/index.ts';
import { momentBody, placeBody } from '../../present/bodies.ts';
import type { CustomEventBody, CustomResult } from '../../protocol.ts';
import type { Handlers } from '../../requests.ts';
import { custom } from './custom.ts';

type Commands = 'sealscope/windows' | 'sealscope/window' | 'sealscope/races';
type WindowBody = CustomResult<'sealscope/windows'>['windows'][number];
type StoreBody = CustomResult<'sealscope/window'>['stores'][number];

const [DEFAULT_COUNT, MAX_VIOLATIONS] = [100, 1000];

export const windowHandlers: Handlers<Commands> = {
  'sealscope/windows': custom('sealscope/windows', 'session', ({ session: { windows } }, args) => {
    const { first = 0, count = DEFAULT_COUNT } = args;
    return {
      total: windows.count,
      known: windows.list.length,
      histogram: [...windows.histogram],
      windows: windows.list.slice(first, first + count).map((window) => windowBody(windows, window)),
      violations: windows.violations.slice(0, MAX_VIOLATIONS).map(violationBody),
      violationCount: windows.violationCount,
      dma: windows.dma.map(({ step, device, physical, length, region, symbols }) => ({
        step: step.toString(),
        device,
        physical: hex(physical),
        length,
        ...(region === undefined ? {} : { region: region.name }),
        symbols: symbols.map(symbolBody),
      })),
    };
  }),

  'sealscope/window': custom('sealscope/window', 'session', ({ session: { windows } }, args) => {
    const window = windows.window(args.window);
    return {
      stores: windows.storesIn(window).map(storeBody),
      exposed: windows.exposed(window).map(symbolBody),
      stack: window.opened.stack.map(placeBody),
      text: windowText(windows, window).join('\n'),
    };
  }),

  'sealscope/races': custom('sealscope/races', 'standstill', async ({ session: { windows } }, args) => {
    const { window, runs, seed } = args;
    const report = await windows.races(window, { runs, seed });
    const known = windows.window(window);
    return {
      reach: report.reach.map(({ first, last, ...reach }) => ({
        ...reach,
        first: first.toString(),
        last: last.toString(),
      })),
      runs: report.runs.map(({ stores, steps, stateHash, ...run }) => ({
        ...run,
        stores: stores.map((store) => storeBody(windows.named(known, store))),
        length: steps.toString(),
        ...(stateHash === undefined ? {} : { stateHash }),
      })),
    };
  }),
};

export function violationBody(violation: Violation): CustomEventBody<'sealscope/violation'> {
  const { number, kind, window, text } = violation;
  return { number, kind, window: window.number, ...momentBody(violation), text };
}

function windowBody(windows: Windows, window: Window): WindowBody {
  const { number, opened, opener, allowedBy, pages, pageCount, storeCount, closed } = window;
  return {
    number,
    opened: momentBody(opened),
    opener: placeBody(opener),
    ...(allowedBy === undefined ? {} : { allowedBy }),
    length: windows.lengthOf(window).toString(),
    pages: pages.map(({ virtual, home, kind, user }) => ({
      address: hex(virtual),
      sealedAt: hex(home),
      kind,
      user,
    })),
    pageCount,
    storeCount,
    harts: window.reach.map(({ hart }) => hart),
    ...(closed === undefined ? {} : { closed: { moment: momentBody(closed), byOpener: closed.byOpener } }),
    crossings: window.crossings.map(({ kind, step }) => ({ kind, step: step.toString() })),
    staleHarts: [...window.lingering],
    violations: window.violations.map(({ kind }) => kind),
  };
}

function storeBody({
  step,
  hart,
  place,
  address,
  object,
  size,
  oldValue,
  newValue,
}: WindowStoreView): StoreBody {
  return {
    step: step.toString(),
    hart,
    place: placeBody(place),
    address: hex(address),
    ...(object === undefined ? {} : { object }),
    size,
    oldValue: hex(oldValue),
    newValue: hex(newValue),
  };
}

function symbolBody({ name, address, size }: { name: string; address: bigint; size: number }): {
  name: string;
  address: string;
  size: number;
} {
  return { name, address: hex(address), size };
}
