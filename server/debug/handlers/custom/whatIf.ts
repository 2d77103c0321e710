/** What-if seals: what became of them, and changes to what is sealed. */
import { mergeScenarios, type Annotation, type CodePlace } from '../../../session/index.ts';
import { hex } from '../../../session/report/index.ts';
import { RequestError } from '../../errors.ts';
import { placeBody, type PlaceBody } from '../../present/bodies.ts';
import type { CustomResult } from '../../protocol.ts';
import { PORTION } from '../../protocol/whatIf.ts';
import type { Handlers } from '../../requests.ts';
import { custom } from './custom.ts';

type Commands =
  'sealscope/whatIf' | 'sealscope/whatIfAdd' | 'sealscope/whatIfRemove' | 'sealscope/whatIfSeal';

export const whatIfHandlers: Handlers<Commands> = {
  'sealscope/whatIf': custom(
    'sealscope/whatIf',
    'session',
    ({ session: { whatIf } }, { first = 0, count = PORTION }) => {
      const report = whatIf.report();
      const { after, since, results } = report;
      const wanted = { ...report, results: results.slice(first, first + count) };
      return {
        after,
        ...(since === undefined ? {} : { since }),
        total: results.length,
        seals: mergeScenarios([{ name: '', report: wanted }]).map(sealBody),
      };
    },
  ),

  'sealscope/whatIfAdd': custom(
    'sealscope/whatIfAdd',
    'standstill',
    ({ session: { whatIf } }, { expression, address, length }) => {
      if (expression !== undefined) return { ids: whatIf.add(expression) };
      if (address === undefined || length === undefined)
        throw new RequestError('badArguments', "Give 'expression', or 'address' and 'length'.");
      return { ids: whatIf.add({ address, length }) };
    },
  ),

  'sealscope/whatIfRemove': custom('sealscope/whatIfRemove', 'standstill', ({ session }, { ids }) => {
    for (const id of ids) session.whatIf.remove(id);
    return {};
  }),

  'sealscope/whatIfSeal': custom('sealscope/whatIfSeal', 'standstill', ({ session: { whatIf } }) => {
    const sealed = whatIf.report().results.length > 0;
    if (sealed) whatIf.sealNow();
    return { sealed };
  }),
};

function sealBody({ candidate, verdict }: Annotation): CustomResult<'sealscope/whatIf'>['seals'][number] {
  const { id, spec, start, end, symbol, type, file, line, state, writers } = candidate;
  return {
    id,
    spec,
    address: hex(start),
    size: Number(end - start),
    ...(symbol === undefined ? {} : { symbol }),
    ...(type === undefined ? {} : { type }),
    ...(file === undefined || line === undefined ? {} : { declared: { path: file, line } }),
    state,
    verdict,
    before: {
      stores: candidate.storesBefore,
      changes: candidate.changesBefore,
      ...at('last', candidate.lastBefore),
    },
    after: {
      stores: candidate.storesAfter,
      changes: candidate.changesAfter,
      ...at('first', candidate.firstAfter),
    },
    writers: writers.map(({ place, stack, hart, step, count, redundant }) => ({
      place: placeBody(place),
      hart,
      step: step.toString(),
      count,
      redundant,
      stack: stack.map(placeBody),
    })),
  };
}

function at<Name extends string>(name: Name, place: CodePlace | undefined): { [name in Name]?: PlaceBody } {
  return place === undefined ? {} : ({ [name]: placeBody(place) } as { [name in Name]: PlaceBody });
}
