/** What sharing pages saves, and what it costs, in a few figures. */
import type { ObjectPages } from '../../views/objects/messages.ts';
import { element } from '../common/dom.ts';
import { countText, sizeText, stepText } from '../common/words.ts';

type Fragmentation = ObjectPages['fragmentation'];

export function summaryOf(found: Fragmentation): HTMLElement {
  const { liveObjects, liveBytes, allocatedBytes, pages, heldByOne, empty, onePerPage } = found;
  const live = BigInt(liveBytes);
  const allocated = BigInt(allocatedBytes);
  const used = allocated === 0n ? 0 : (Number(live) / Number(allocated)) * 100;
  const bar = element('span', { class: 'meter', 'aria-hidden': 'true' }, element('span', {}));
  (bar.firstElementChild as HTMLElement).style.width = `${used}%`;
  const figures: readonly [name: string, value: string, more?: Node][] = [
    ['Live objects', `${stepText(String(liveObjects))}, ${sizeText(live)}`],
    ['Pages', `${stepText(String(pages))}, ${sizeText(allocated)}`],
    ['Used', `${used.toFixed(1)} %`, bar],
    ['Held by one object', countText(heldByOne, 'page', 'pages')],
    ['Without a live object', countText(empty, 'page', 'pages')],
    [
      'If each object had pages of its own',
      `${countText(onePerPage.pages, 'page', 'pages')}, ${sizeText(BigInt(onePerPage.bytes))}`,
    ],
  ];
  return element(
    'dl',
    { class: 'figures' },
    ...figures.map(([name, value, more]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value, more)),
    ),
  );
}
