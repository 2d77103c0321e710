/** Regions, phases, and running to a seal. */
import { permissionText, type SealStatus } from '../../../session/index.ts';
import { hex } from '../../../session/report/index.ts';
import { placeBody, sealerBody } from '../../present/bodies.ts';
import type { CustomResult } from '../../protocol.ts';
import type { Handlers } from '../../requests.ts';
import { custom, goOn } from './custom.ts';

type Commands = 'sealscope/seals' | 'sealscope/phases' | 'sealscope/runToSeal' | 'sealscope/stopAtSeal';

export const sealHandlers: Handlers<Commands> = {
  'sealscope/seals': custom('sealscope/seals', 'session', ({ session }) => ({
    degraded: session.seals.degraded,
    regions: session.seals.status().map(regionBody),
  })),

  'sealscope/phases': custom('sealscope/phases', 'session', ({ session: { phases } }) => ({
    current: phases.current,
    phases: phases.list.map(({ kind, step, hart, text, place }) => ({
      kind,
      step: step.toString(),
      ...(hart === undefined ? {} : { hart }),
      text,
      ...(place === undefined ? {} : { place: placeBody(place) }),
    })),
  })),

  'sealscope/runToSeal': custom('sealscope/runToSeal', 'standstill', async (context, _args, call) => {
    await goOn(context, call, (run) => run.runToSeal());
    return {};
  }),

  'sealscope/stopAtSeal': custom('sealscope/stopAtSeal', 'session', (context, { enabled }) => {
    context.session.run.stopAtSeal = enabled;
    context.stopAtSeal = enabled;
    return { enabled };
  }),
};

function regionBody(status: SealStatus): CustomResult<'sealscope/seals'>['regions'][number] {
  const { region, state, linked, sealedLast, layer, holes } = status;
  return {
    name: region.name,
    start: hex(region.start),
    end: hex(region.end),
    origin: region.origin,
    source: region.source,
    state,
    ...(linked === undefined ? {} : { linked: permissionText(linked) }),
    ...(sealedLast === undefined ? {} : { sealedBy: sealerBody(sealedLast) }),
    ...(layer === undefined ? {} : { layer }),
    holes: holes.map(({ mapping, why, harts, text }) => ({
      address: hex(mapping.address),
      permissions: permissionText(mapping.permissions),
      why,
      harts: [...harts],
      text,
    })),
  };
}
