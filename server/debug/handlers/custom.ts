/** The requests of protocol.ts. */
import { permissionText, type CodePlace, type SealStatus } from '../../session/index.ts';
import { choicesFor, hex, reportOf, reportText } from '../../session/report/index.ts';
import type { DebugContext } from '../context.ts';
import { sealerOf } from '../../sealing/story.ts';
import { RequestError } from '../errors.ts';
import { factsOf, type Fact } from '../present/facts.ts';
import { customRequests, type CustomArguments, type CustomCommand, type CustomResult } from '../protocol.ts';
import type { Shape } from '../schema.ts';
import { on, type Call, type Handlers, type Needs, type RequestHandler } from '../requests.ts';

function custom<C extends CustomCommand>(
  command: C,
  needs: Needs,
  handle: (
    context: DebugContext,
    args: CustomArguments<C>,
    call: Call,
  ) => CustomResult<C> | Promise<CustomResult<C>>,
): RequestHandler<CustomResult<C>> {
  const shape: Shape<unknown> = customRequests[command].arguments;
  return on(needs, shape as Shape<CustomArguments<C>>, handle);
}

type FactBody = Omit<NonNullable<CustomResult<'sealscope/fault'>['facts']>[number], 'below'>;

/** Requests whose handlers follow. */
const announced = <C extends CustomCommand>(command: C): RequestHandler<CustomResult<C>> =>
  custom(command, 'session', () => {
    throw new RequestError('unknownCommand', `'${command}' is not answered yet.`);
  });

export const customHandlers: Handlers<CustomCommand> = {
  'sealscope/permissions': announced('sealscope/permissions'),
  'sealscope/pages': announced('sealscope/pages'),
  'sealscope/find': announced('sealscope/find'),
  'sealscope/phases': announced('sealscope/phases'),
  'sealscope/runToSeal': announced('sealscope/runToSeal'),
  'sealscope/stopAtSeal': announced('sealscope/stopAtSeal'),
  'sealscope/sealedWrites': announced('sealscope/sealedWrites'),
  'sealscope/exportSealedWrites': announced('sealscope/exportSealedWrites'),
  'sealscope/locate': announced('sealscope/locate'),
  'sealscope/watchWrites': announced('sealscope/watchWrites'),
  'sealscope/unwatchWrites': announced('sealscope/unwatchWrites'),
  'sealscope/watches': announced('sealscope/watches'),
  'sealscope/describe': announced('sealscope/describe'),

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
      if (resume !== false) {
        call.afterwards(context.hold());
        context.send('continued', { threadId: pending.hart + 1, allThreadsContinued: true });
        await context.resume((run) => run.continue());
      }
      return { action };
    },
  ),

  'sealscope/seals': custom('sealscope/seals', 'session', ({ session }) => ({
    degraded: session.seals.degraded,
    regions: session.seals.status().map(regionBody),
  })),

  'sealscope/pageTable': custom('sealscope/pageTable', 'standstill', (context, args) => {
    const hart = args.threadId === undefined ? context.currentHart : context.hart(args.threadId);
    const walk = context.session.inspect.walk(args.address, hart);
    return {
      mode: walk.mode,
      entries: walk.steps.map(({ level, address, entry, text }) => ({
        level,
        address: hex(address),
        value: hex(entry),
        text,
      })),
      ...(walk.physical === undefined ? {} : { physical: hex(walk.physical) }),
      ...(walk.page === undefined ? {} : { page: hex(walk.page) }),
      ...(walk.size === undefined ? {} : { pageSize: Number(walk.size) }),
      ...(walk.permissions === undefined ? {} : { permissions: permissionText(walk.permissions) }),
      ...(walk.stale === undefined ? {} : { stale: permissionText(walk.stale) }),
      ...(walk.linked === undefined ? {} : { linked: permissionText(walk.linked) }),
      ...(walk.problem === undefined ? {} : { problem: walk.problem }),
    };
  }),

  'sealscope/sendInput': custom('sealscope/sendInput', 'session', ({ session }, { text }) => {
    session.console.send(new TextEncoder().encode(text));
    return {};
  }),
};

function regionBody(status: SealStatus): CustomResult<'sealscope/seals'>['regions'][number] {
  const { region, state, linked, sealedLast, holes } = status;
  return {
    name: region.name,
    start: hex(region.start),
    end: hex(region.end),
    origin: region.origin,
    source: region.source,
    state,
    ...(linked === undefined ? {} : { linked: permissionText(linked) }),
    ...(sealedLast === undefined
      ? {}
      : {
          sealedBy: {
            step: sealedLast.step.toString(),
            hart: sealedLast.hart,
            place: placeBody(sealerOf(sealedLast)),
          },
        }),
    holes: holes.map(({ mapping, why, harts }) => ({
      address: hex(mapping.address),
      permissions: permissionText(mapping.permissions),
      why,
      harts: [...harts],
    })),
  };
}

function factBody({ name, value, address, place }: Fact): FactBody {
  return {
    name,
    value,
    ...(address === undefined ? {} : { address: hex(address) }),
    ...(place?.file === undefined ? {} : { path: place.file }),
    ...(place?.line === undefined ? {} : { line: place.line }),
  };
}

function placeBody(place: CodePlace): { pc: string; function: string; path?: string; line?: number } {
  return {
    pc: hex(place.pc),
    function: place.function,
    ...(place.file === undefined ? {} : { path: place.file }),
    ...(place.line === undefined ? {} : { line: place.line }),
  };
}
