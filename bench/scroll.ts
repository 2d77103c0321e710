/*
 * Frames of the permissions view while it is scrolled through 10,000 and 100,000 mappings, in Debian's Chromium
 * without a GPU: npm run bench:scroll
 *
 * The work of the main thread a frame is what the view can be blamed for; intervals between frames also hold what
 * else the computer does. At 60 Hz a frame has 16.7 ms.
 */
import type { CDPSession } from 'playwright-core';
import { pagesOf, phases, regions } from '../test/webview/permissionsStory.ts';
import { openView, startBrowser } from '../test/webview/browser.ts';
import { syntheticSpace } from '../test/webview/synthetic.ts';

const FRAMES = 180;
const ways = {
  'wheel, 3 rows a frame': '66',
  'a page a frame': 'scroller.clientHeight',
  'scroll bar, end to end': 'scroller.scrollHeight / frames',
} as const;

interface Scrolled {
  /** Milliseconds between frames, ascending. */
  readonly intervals: readonly number[];
  /** Frames in which a row was missing at the top, in the middle or at the bottom. */
  readonly gaps: number;
}

/** Scrolls by `step` (an expression) a frame, in the page. */
const scroll = (step: string): string => `(async () => {
  const frames = ${FRAMES};
  const scroller = document.querySelector('.scroller');
  const frame = () => new Promise(requestAnimationFrame);
  scroller.scrollTop = 0;
  await frame();
  const intervals = [];
  let gaps = 0;
  const { left, top, width, height } = scroller.getBoundingClientRect();
  let last = await frame();
  for (let count = 0; count < frames; count++) {
    scroller.scrollTop += ${step};
    const now = await frame();
    intervals.push(now - last);
    last = now;
    const middle = left + width / 2;
    const isFull = [top + 3, top + height / 2, top + height - 3].every((y) =>
      document.elementFromPoint(middle, y)?.closest('[role=row]'));
    if (!isFull) gaps++;
  }
  return { intervals: intervals.sort((a, b) => a - b), gaps };
})()`;

async function taskSeconds(client: CDPSession): Promise<number> {
  const { metrics } = await client.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')!.value;
}

const browser = await startBrowser();
try {
  for (const count of [10_000, 100_000]) {
    const space = syntheticSpace(count);
    const view = await openView(browser, { 'sealscope/pages': (args) => pagesOf(space, args) });
    const client = await view.page.context().newCDPSession(view.page);
    await client.send('Performance.enable');
    const before = await taskSeconds(client);
    await view.send({ type: 'stopped', session: 'bench', permissions: space, regions, phases });
    await view.page.locator('.body [role=row]').first().waitFor();
    const shown = (await taskSeconds(client)) - before;
    console.log(`${count} mappings: on the screen after ${(1000 * shown).toFixed(0)} ms of work`);
    for (const [way, step] of Object.entries(ways)) {
      const begun = await taskSeconds(client);
      const { intervals, gaps } = await view.page.evaluate<Scrolled>(scroll(step));
      const work = (1000 * ((await taskSeconds(client)) - begun)) / FRAMES;
      const at = (part: number): string => intervals[Math.floor(part * (intervals.length - 1))]!.toFixed(1);
      console.log(
        `  ${way.padEnd(24)} ${work.toFixed(1)} ms of work a frame; intervals: median ${at(0.5)}, 95 % ${at(0.95)}, ` +
          `longest ${at(1)} ms; ${gaps} frames with a gap`,
      );
    }
    await view.page.context().close();
  }
} finally {
  await browser.close();
}
