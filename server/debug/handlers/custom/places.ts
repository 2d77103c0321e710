/** From names and expressions to memory: jumps, hovers and watches; and the guest's console. */
import { hex } from '../../../session/report/index.ts';
import { flagsText, type Description, type WriterRecord } from '../../../session/index.ts';
import { formatValue } from '../../../symbols/index.ts';
import { RequestError } from '../../errors.ts';
import { momentBody, sealerBody } from '../../present/bodies.ts';
import type { CustomResult } from '../../protocol.ts';
import type { Handlers } from '../../requests.ts';
import { custom } from './custom.ts';

type Commands =
  | 'sealscope/locate'
  | 'sealscope/watchWrites'
  | 'sealscope/unwatchWrites'
  | 'sealscope/watches'
  | 'sealscope/describe'
  | 'sealscope/sendInput';

export const placeHandlers: Handlers<Commands> = {
  'sealscope/locate': custom(
    'sealscope/locate',
    'standstill',
    (context, { expression, frameId, address }) => {
      const target = address ?? (expression === undefined ? undefined : { expression, frame: frameId });
      if (target === undefined)
        throw new RequestError('badArguments', "'expression' and 'address' are missing; give one of them.");
      const found = context.session.lookup.locate(
        typeof target === 'bigint'
          ? target
          : {
              expression: target.expression,
              frame: target.frame === undefined ? undefined : context.frame(target.frame),
            },
      );
      return {
        address: hex(found.address),
        ...(found.size === undefined ? {} : { size: found.size }),
        ...(found.symbol === undefined ? {} : { symbol: found.symbol }),
        ...(found.section === undefined ? {} : { section: found.section }),
        page: hex(found.page),
        mapped: found.mapped,
        ...(found.problem === undefined ? {} : { problem: found.problem }),
      };
    },
  ),

  'sealscope/watchWrites': custom('sealscope/watchWrites', 'session', (context, args) =>
    context.watches.add(context.breakpoints, context.session, args),
  ),

  'sealscope/unwatchWrites': custom('sealscope/unwatchWrites', 'session', (context, { id }) => {
    context.watches.remove(context.breakpoints, context.session, id);
    return {};
  }),

  'sealscope/watches': custom('sealscope/watches', 'session', (context) => ({
    watches: context.watches.list(context.breakpoints, context.session),
  })),

  'sealscope/describe': custom('sealscope/describe', 'standstill', ({ session }, { name, address }) => {
    const target = address ?? name;
    if (target === undefined)
      throw new RequestError('badArguments', "'name' and 'address' are missing; give one of them.");
    const found = session.lookup.describe(target);
    return found === undefined ? { found: false } : { found: true, ...descriptionBody(found) };
  }),

  'sealscope/sendInput': custom('sealscope/sendInput', 'session', ({ session }, { text }) => {
    session.console.send(new TextEncoder().encode(text));
    return {};
  }),
};

function descriptionBody(found: Description): Omit<CustomResult<'sealscope/describe'>, 'found'> {
  const { region, sealedBy, writers, value, pageFlags } = found;
  return {
    name: found.name,
    address: hex(found.address),
    size: found.size,
    kind: found.kind,
    ...(found.section === undefined ? {} : { section: found.section }),
    ...(region === undefined ? {} : { region: region.name, policy: `${region.origin}: ${region.source}` }),
    page: hex(found.page),
    ...(pageFlags === undefined ? {} : { pageFlags: flagsText(pageFlags) }),
    neighbours: [...found.neighbours],
    neighbourCount: found.neighbourCount,
    ...(sealedBy === undefined ? {} : { sealedBy: sealerBody(sealedBy) }),
    ...writer('firstWriter', writers?.first),
    ...writer('lastWriter', writers?.latest),
    ...(value === undefined ? {} : { value: formatValue(value) }),
  };
}

function writer(
  name: 'firstWriter' | 'lastWriter',
  record: WriterRecord | undefined,
): Pick<CustomResult<'sealscope/describe'>, 'firstWriter' | 'lastWriter'> {
  return record === undefined ? {} : { [name]: momentBody(record) };
}
