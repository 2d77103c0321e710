/** The lives of the objects: a row each. */
import type { WriteOnceObject } from '../../views/objects/messages.ts';
import { ArrayRows } from '../common/arrayRows.ts';
import { element, spoken } from '../common/dom.ts';
import { VirtualGrid } from '../common/virtualGrid.ts';
import { sizeText, stepText } from '../common/words.ts';
import { type Axis, type Scale, laneOf, scaleOf } from './lanes.ts';
import { eventLetters, eventText, momentText, stateLetters } from './words.ts';

const columns = [
  { id: 'object', label: 'Object' },
  { id: 'cache', label: 'Cache' },
  { id: 'size', label: 'Size' },
  { id: 'lives', label: 'Lives' },
  { id: 'stores', label: 'Stores' },
  { id: 'state', label: 'Now' },
  { id: 'lane', label: 'Life' },
] as const;

export interface LaneEvents {
  /** The object of this address has become the active one. */
  activate(address: string): void;
  /** Enter: the person wants its events. */
  choose(object: WriteOnceObject): void;
  context(object: WriteOnceObject): string;
  copy(object: WriteOnceObject): void;
}

const keyOf = ({ address }: WriteOnceObject): string => address;

export class LaneGrid {
  readonly root: HTMLElement;
  readonly #grid: VirtualGrid<WriteOnceObject>;
  #scale: Scale = () => 0;

  constructor(events: LaneEvents) {
    this.#grid = new VirtualGrid<WriteOnceObject>(
      new ArrayRows<WriteOnceObject>([], keyOf),
      {
        ...{ role: 'grid', label: 'Lives of the objects', columns, rowHeight: 26 },
        keyOf,
        findText: ({ address, cache }) => `${address} ${cache ?? ''}`,
        fill: (target, object) => fillLane(target, object, this.#scale),
      },
      {
        activate: (address) => events.activate(address),
        choose: (object) => events.choose(object),
        key: (event, object) => {
          if (!(event.ctrlKey || event.metaKey) || event.key !== 'c') return false;
          events.copy(object);
          return true;
        },
        context: (object) => events.context(object),
      },
    );
    this.root = this.#grid.root;
    this.root.classList.add('lanes');
  }

  show(objects: readonly WriteOnceObject[], axis: Axis, active: string | undefined): void {
    this.#scale = scaleOf(objects, axis);
    this.#grid.show(new ArrayRows(objects, keyOf), active);
  }

  reveal(address: string, takeFocus: boolean): void {
    this.#grid.reveal(address, takeFocus);
  }
}

function fillLane(target: HTMLElement, object: WriteOnceObject, scale: Scale): void {
  const { address, cache, memory, size, lives, stores, state } = object;
  const cells: (Node | string)[] = [
    address,
    cache ?? memory,
    sizeText(size),
    String(lives),
    stepText(String(stores)),
    `${stateLetters[state]} ${state}`,
    lane(object, scale),
  ];
  for (const [index, content] of cells.entries()) target.children[index]!.replaceChildren(content);
}

function lane(object: WriteOnceObject, scale: Scale): HTMLElement {
  const { segments, marks } = laneOf(object, scale);
  const axis = element('div', { class: 'lane', 'aria-hidden': 'true' });
  for (const { kind, from, to, event } of segments) {
    const title = `${eventText(event)} ${momentText(event)}`;
    const segment = element('span', { class: `segment ${kind}`, title }, eventLetters[kind]);
    segment.style.left = `${from * 100}%`;
    segment.style.width = `${(to - from) * 100}%`;
    axis.append(segment);
  }
  for (const { at, event } of marks) {
    const title = `${eventText(event)} ${momentText(event)}`;
    const sign = element('span', { class: 'violation', title }, eventLetters.violation);
    sign.style.left = `${at * 100}%`;
    axis.append(sign);
  }
  return element('div', {}, axis, spoken(spokenLane(object)));
}

/** What a person who hears it has to know; all events are in the list of the active object. */
function spokenLane({ events, droppedEvents }: WriteOnceObject): string {
  const last = events.at(-1);
  const broken = events.filter(({ kind }) => kind === 'violation').length;
  const parts = [
    `${events.length + droppedEvents} events`,
    ...(broken > 0 ? [`${broken} violations`] : []),
    ...(last === undefined ? [] : [`last: ${eventText(last)} ${momentText(last)}`]),
  ];
  return parts.join(', ');
}
