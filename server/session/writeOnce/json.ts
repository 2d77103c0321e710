/** Write-once memory as JSON: addresses "0x…", steps and counts decimal strings, what is unknown null. */
import type { Fragmentation } from '../../sealing/writeOnce/fragmentation.ts';
import type { LaneEvent, WriteOnceObject } from '../../sealing/writeOnce/object.ts';
import type { ObjectPage } from '../../sealing/writeOnce/page.ts';
import type { WriteOnceViolation } from '../../sealing/writeOnce/violation.ts';
import { hex, hexValue, placeJson, type JsonObject } from '../report/index.ts';

export function writeOnceViolationJson(violation: WriteOnceViolation): JsonObject {
  const { check, memory, moment, cause, object, page, access, harts, note, story } = violation;
  return {
    check,
    memory,
    step: moment.step.toString(),
    hart: moment.hart,
    ...placeJson(cause),
    object:
      object === undefined ? null : { ...object, address: hex(object.address), cache: object.cache ?? null },
    page: hex(page),
    access:
      access === undefined
        ? null
        : {
            kind: access.kind,
            address: hex(access.address),
            size: access.size,
            oldValue: hexValue(access.oldValue, access.size),
            newValue: hexValue(access.newValue, access.size),
            landed: access.landed,
          },
    harts: harts ?? null,
    note: note ?? null,
    story,
    stack: moment.stack.map(placeJson),
  };
}

export function fragmentationJson({
  liveBytes,
  allocatedBytes,
  onePerPage,
  ...counts
}: Fragmentation): JsonObject {
  return {
    ...counts,
    liveBytes: liveBytes.toString(),
    allocatedBytes: allocatedBytes.toString(),
    onePerPage: { pages: onePerPage.pages, bytes: onePerPage.bytes.toString() },
  };
}

/** A page with what lies on it: a row of the heat map. */
export function objectPageJson(page: ObjectPage): JsonObject {
  return {
    address: hex(page.virtual),
    physical: hex(page.frame),
    live: page.live,
    stores: page.stores,
    strayStores: page.strayStores,
    open: page.window !== undefined,
    objects: page.objects.map(({ address, size, state, stores }) => ({
      address: hex(address),
      size,
      state,
      stores,
    })),
  };
}

/** An object with its lane. */
export function objectJson(object: WriteOnceObject): JsonObject {
  const { address, size, memory, cache, state, lives, stores, events, dropped } = object;
  return {
    address: hex(address),
    size,
    memory,
    cache: cache ?? null,
    state,
    lives,
    stores,
    events: events.map(eventJson),
    droppedEvents: dropped,
  };
}

function eventJson({ kind, step, hart, place, life, check }: LaneEvent): JsonObject {
  return { kind, step: step.toString(), hart, ...placeJson(place), life, check: check ?? null };
}
