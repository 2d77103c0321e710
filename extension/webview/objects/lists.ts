/** Violations, and the events of one object: lists whose lines lead to a source. */
import type { Violation, WriteOnceObject } from '../../views/objects/messages.ts';
import { element } from '../common/dom.ts';
import { sourceLink, type OpenSource } from '../common/sourceLink.ts';
import { countText, stepText } from '../common/words.ts';
import { eventLetters, eventText, momentText } from './words.ts';

export interface ListEvents {
  readonly openSource: OpenSource;
  /** Shows the object that a violation is about. */
  readonly showObject: (address: string) => void;
}

/** By name, with the story and the line of the first one. */
export function violationList(violations: readonly Violation[], events: ListEvents): HTMLElement {
  return element(
    'ul',
    { class: 'violations', 'aria-label': 'Rules that were broken' },
    ...violations.map((violation) => violationItem(violation, events)),
  );
}

function violationItem(violation: Violation, { openSource, showObject }: ListEvents): HTMLElement {
  const { check, story, cause, object, count, harts } = violation;
  const item = element(
    'li',
    {},
    element('span', { class: 'mark fault', 'aria-hidden': 'true' }, eventLetters.violation),
    element('strong', {}, check),
    count > 1 ? ` (${stepText(String(count))} times)` : undefined,
    // The story of a rule begins with its name, and says when and who.
    ` ${story.startsWith(`${check}: `) ? story.slice(check.length + 2) : story}${hartsText(harts)} `,
    sourceLink(cause, openSource),
  );
  if (object !== undefined) {
    const link = element('button', { class: 'link object-link' }, object.address);
    link.title = `Object of ${countText(object.size, 'byte', 'bytes')}, life ${object.life}`;
    link.addEventListener('click', () => showObject(object.address));
    item.append(' ', link);
  }
  return item;
}

const hartsText = (harts: readonly number[] | undefined): string =>
  harts === undefined || harts.length === 0
    ? ''
    : `; ${harts.length === 1 ? 'hart' : 'harts'} ${harts.join(', ')}`;

/** Newest first. */
export function eventList(
  { address, events, droppedEvents }: WriteOnceObject,
  openSource: OpenSource,
): HTMLElement {
  const lines = [...events]
    .reverse()
    .map((event) =>
      element(
        'li',
        { class: event.kind },
        element('span', { class: `sign ${event.kind}`, 'aria-hidden': 'true' }, eventLetters[event.kind]),
        ` ${eventText(event)} `,
        element('span', { class: 'when' }, momentText(event), `, life ${event.life} `),
        sourceLink(event.place, openSource),
      ),
    );
  if (droppedEvents > 0)
    lines.push(element('li', {}, `${countText(droppedEvents, 'older event', 'older events')} not kept`));
  return element('ol', { class: 'events', 'aria-label': `What became of ${address}` }, ...lines);
}
