/** States, events and rules of write-once memory, as letters and words. */
import type { ObjectPage, Violation, WriteOnceObject } from '../../views/objects/messages.ts';
import { stepText } from '../common/words.ts';

export type State = WriteOnceObject['state'];
type Event = WriteOnceObject['events'][number];

/** Each state by a letter; `freed` is a place without an object. */
export const stateLetters: Readonly<Record<State, string>> = {
  allocated: 'A',
  initialising: 'I',
  sealed: 'S',
  freeing: 'F',
  freed: '·',
};

export const eventLetters: Readonly<Record<Event['kind'], string>> = {
  allocated: 'A',
  initialising: 'I',
  sealed: 'S',
  freed: 'F',
  violation: '✕',
};

const eventWords: Readonly<Record<Exclude<Event['kind'], 'violation'>, string>> = {
  allocated: 'allocated',
  initialising: 'init-once began',
  sealed: 'initialised and sealed',
  freed: 'freed',
};

export const eventText = ({ kind, check }: Event): string =>
  kind === 'violation' ? `violation: ${check ?? 'a rule was broken'}` : eventWords[kind];

/** "at step 1,234 on hart 0 by cred_alloc". */
export const momentText = ({ step, hart, place }: Violation['moment']): string =>
  `at step ${stepText(step)} on hart ${hart} by ${place.function || place.pc}`;

/** Bytes of live objects, of the page's 4096, in percent. */
export function usedPercent({ objects }: ObjectPage): number {
  const live = objects.filter(({ state }) => state !== 'freed').reduce((sum, { size }) => sum + size, 0);
  return (live / 4096) * 100;
}
