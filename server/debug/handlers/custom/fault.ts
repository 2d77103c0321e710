/** The refused store that waits, and the choice about it. */
import { choicesFor, hex, reportOf, reportText } from '../../../session/report/index.ts';
import { RequestError } from '../../errors.ts';
import { factsOf, type Fact } from '../../present/facts.ts';
import type { CustomResult } from '../../protocol.ts';
import type { Handlers } from '../../requests.ts';
import { custom, goOn } from './custom.ts';

type FactBody = Omit<NonNullable<CustomResult<'sealscope/fault'>['facts']>[number], 'below'>;

export const faultHandlers: Handlers<'sealscope/fault' | 'sealscope/resolveFault'> = {
  'sealscope/fault': custom('sealscope/fault', 'standstill', ({ session }) => {
    const { pending, chosen } = session.seals;
    if (pending === undefined) return { pending: false };
    return {
      pending: true,
      threadId: pending.hart + 1,
      chosen: chosen ?? 'oops',
      report: reportText(reportOf(pending)).join('\n'),
      choices: choicesFor(pending).map(({ action, consequence, caution }) => ({
        action,
        consequence,
        ...(caution === undefined ? {} : { caution }),
      })),
      facts: factsOf(pending).map((fact) => ({
        ...factBody(fact),
        below: (fact.below ?? []).map(factBody),
      })),
    };
  }),

  'sealscope/resolveFault': custom(
    'sealscope/resolveFault',
    'standstill',
    async (context, { action, resume }, call) => {
      const { pending } = context.session.seals;
      if (pending === undefined) throw new RequestError('noPendingFault', 'No store waits for a choice.');
      context.session.seals.choose(action);
      if (resume !== false) await goOn(context, call, (run) => run.continue());
      return { action };
    },
  ),
};

function factBody({ name, value, address, place }: Fact): FactBody {
  return {
    name,
    value,
    ...(address === undefined ? {} : { address: hex(address) }),
    ...(place?.file === undefined ? {} : { path: place.file }),
    ...(place?.line === undefined ? {} : { line: place.line }),
  };
}
