/** Write-once memory: objects, pages, and the rules that were broken. */
import type { LaneEvent, ObjectPage, WriteOnceObject, WriteOnceViolation } from '../../../session/index.ts';
import { hex, hexValue } from '../../../session/report/index.ts';
import { momentBody, placeBody } from '../../present/bodies.ts';
import type { CustomResult } from '../../protocol.ts';
import { PORTION } from '../../protocol/objects.ts';
import type { Handlers } from '../../requests.ts';
import { custom } from './custom.ts';

type Commands = 'sealscope/objects' | 'sealscope/objectPages' | 'sealscope/objectViolations';
type ObjectBody = CustomResult<'sealscope/objects'>['objects'][number];
type PageBody = CustomResult<'sealscope/objectPages'>['pages'][number];
type ViolationBody = CustomResult<'sealscope/objectViolations'>['violations'][number];

const PAGE = 4096n;

export const objectHandlers: Handlers<Commands> = {
  'sealscope/objects': custom(
    'sealscope/objects',
    'session',
    ({ session: { writeOnce } }, { first = 0, count = PORTION, page }) => {
      const objects = writeOnce.objects.filter((object) => page === undefined || touches(object, page));
      return {
        memories: [...writeOnce.memories],
        complete: writeOnce.complete,
        total: objects.length,
        objects: objects.slice(first, first + count).map(objectBody),
      };
    },
  ),

  'sealscope/objectPages': custom(
    'sealscope/objectPages',
    'session',
    ({ session: { writeOnce } }, { first = 0, count = PORTION }) => {
      const { pages, fragmentation } = writeOnce;
      const { liveBytes, allocatedBytes, onePerPage, ...counts } = fragmentation;
      return {
        total: pages.length,
        pages: pages.slice(first, first + count).map(pageBody),
        fragmentation: {
          ...counts,
          liveBytes: liveBytes.toString(),
          allocatedBytes: allocatedBytes.toString(),
          onePerPage: { pages: onePerPage.pages, bytes: onePerPage.bytes.toString() },
        },
      };
    },
  ),

  'sealscope/objectViolations': custom('sealscope/objectViolations', 'session', ({ session }) => ({
    violations: session.writeOnce.violations.map(violationBody),
  })),
};

function touches({ address, end }: WriteOnceObject, within: bigint): boolean {
  const page = within - (within % PAGE);
  return page < end && address < page + PAGE;
}

function objectBody(object: WriteOnceObject): ObjectBody {
  const { address, size, memory, cache, state, lives, stores, events, dropped } = object;
  return {
    address: hex(address),
    size,
    memory,
    ...(cache === undefined ? {} : { cache }),
    state,
    lives,
    stores,
    events: events.map(eventBody),
    droppedEvents: dropped,
  };
}

function eventBody({ kind, step, hart, place, life, check }: LaneEvent): ObjectBody['events'][number] {
  return {
    kind,
    ...momentBody({ step, hart, place }),
    life,
    ...(check === undefined ? {} : { check }),
  };
}

function pageBody(page: ObjectPage): PageBody {
  const { virtual, frame, live, stores, strayStores, window, objects } = page;
  return {
    address: hex(virtual),
    physical: hex(frame),
    live,
    stores,
    strayStores,
    open: window !== undefined,
    objects: objects.map((object) => ({
      address: hex(object.address),
      size: object.size,
      state: object.state,
      stores: object.stores,
    })),
  };
}

function violationBody(violation: WriteOnceViolation): ViolationBody {
  const { id, check, memory, story, moment, cause, object, page, access, harts, count, lastStep } = violation;
  return {
    id,
    check,
    memory,
    story,
    moment: momentBody(moment),
    cause: placeBody(cause),
    ...(object === undefined ? {} : { object: objectReference(object) }),
    page: hex(page),
    ...(access === undefined
      ? {}
      : {
          access: {
            ...access,
            address: hex(access.address),
            oldValue: hexValue(access.oldValue, access.size),
            newValue: hexValue(access.newValue, access.size),
          },
        }),
    ...(harts === undefined ? {} : { harts: [...harts] }),
    count,
    lastStep: lastStep.toString(),
  };
}

function objectReference({
  address,
  size,
  life,
  cache,
}: NonNullable<WriteOnceViolation['object']>): NonNullable<ViolationBody['object']> {
  return { address: hex(address), size, life, ...(cache === undefined ? {} : { cache }) };
}
