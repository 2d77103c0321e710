/**
 * Sealscope's own part of the protocol, in typed form: the requests and events beyond the standard ones. The adapter
 * checks arguments against these shapes, clients (the extension) take their types from here, and PROTOCOL.md is
 * generated from it (test/server/debug/protocol.test.ts holds it to this file).
 *
 * 64-bit numbers travel as strings: `"0x…"` for addresses and values, decimal digits for steps.
 */
import { consoleEvents } from './protocol/console.ts';
import { faultRequests } from './protocol/fault.ts';
import { objectEvents, objectRequests } from './protocol/objects.ts';
import { permissionRequests } from './protocol/permissions.ts';
import { placeRequests } from './protocol/places.ts';
import { sealedWriteEvents, sealedWriteRequests } from './protocol/sealedWrites.ts';
import { sealEvents, sealRequests } from './protocol/seals.ts';
import { timelineRequests } from './protocol/timeline.ts';
import { whatIfEvents, whatIfRequests } from './protocol/whatIf.ts';
import { windowEvents, windowRequests } from './protocol/windows.ts';
import type { TypeOf } from './schema.ts';

export { actions, type Action } from './protocol/fault.ts';

export const customRequests = {
  ...faultRequests,
  ...sealRequests,
  ...permissionRequests,
  ...sealedWriteRequests,
  ...placeRequests,
  ...whatIfRequests,
  ...objectRequests,
  ...timelineRequests,
  ...windowRequests,
} as const;

export const customEvents = {
  ...whatIfEvents,
  ...sealEvents,
  ...sealedWriteEvents,
  ...consoleEvents,
  ...objectEvents,
  ...windowEvents,
} as const;

type CustomRequests = typeof customRequests;
export type CustomCommand = keyof CustomRequests;
export type CustomArguments<C extends CustomCommand> = TypeOf<CustomRequests[C]['arguments']>;
export type CustomResult<C extends CustomCommand> = TypeOf<CustomRequests[C]['result']>;

type CustomEvents = typeof customEvents;
export type CustomEventName = keyof CustomEvents;
export type CustomEventBody<E extends CustomEventName> = TypeOf<CustomEvents[E]['body']>;
