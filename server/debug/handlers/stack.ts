/** Threads, which are harts; their stacks; the scopes of a frame. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Frame, HartInfo, Module, VariableView } from '../../session/index.ts';
import { hex } from '../../session/report/index.ts';
import { FaultContainer } from '../containers/fault.ts';
import { CsrsContainer, RegistersContainer } from '../containers/registers.ts';
import { VariablesContainer } from '../containers/scopes.ts';
import { valueText } from '../containers/values.ts';
import { typeName } from '../../symbols/index.ts';
import type { DebugContext } from '../context.ts';
import { sourceBody } from '../present/sources.ts';
import { on, type Handlers } from '../requests.ts';
import { flag, integer, object, optional, type TypeOf } from '../schema.ts';

const stackFormat = object({
  hex: optional(flag),
  parameters: optional(flag),
  parameterTypes: optional(flag),
  parameterNames: optional(flag),
  parameterValues: optional(flag),
  line: optional(flag),
  module: optional(flag),
});
type StackFormat = TypeOf<typeof stackFormat>;

export const stackHandlers: Handlers<'threads' | 'stackTrace' | 'scopes'> = {
  threads: on('session', object({}), ({ session }) => ({
    threads: session.inspect.harts().map((info) => ({ id: info.hart + 1, name: hartName(info) })),
  })),

  stackTrace: on(
    'standstill',
    object({
      threadId: integer(),
      startFrame: optional(integer(0)),
      levels: optional(integer(0)),
      format: optional(stackFormat),
    }),
    (context, { threadId, startFrame = 0, levels = 0, format = {} }) => {
      const hart = context.hart(threadId);
      const { frames, problem } = context.session.inspect.stack(hart);
      const all = frames.map((frame) => () => frameBody(context, frame, format));
      if (problem !== undefined) all.push(() => endOfStack(context, hart, frames.length, problem));
      const shown = all.slice(startFrame, levels === 0 ? undefined : startFrame + levels);
      return { stackFrames: shown.map((body) => body()), totalFrames: all.length };
    },
  ),

  scopes: on('standstill', object({ frameId: integer() }), (context, { frameId }) => ({
    scopes: scopesOf(context, context.frame(frameId)),
  })),
};

const modes = ['U', 'S', 'HS', 'M'];

/** What a client without a column for it shows as the thread's state. */
function hartName({ hart, state, privilege }: HartInfo): string {
  return state === 'running' ? `hart ${hart} (${modes[privilege] ?? '?'}-mode)` : `hart ${hart} (${state})`;
}

function frameBody(context: DebugContext, frame: Frame, format: StackFormat): DebugProtocol.StackFrame {
  const { hart, level, place, column } = frame;
  const { client } = context;
  const known = place.file !== undefined && place.line !== undefined;
  const module = moduleAt(context, place.pc);
  return {
    id: context.frames.of(`${hart}:${level}`, () => ({ hart, level })),
    name: frameName(context, frame, module, format),
    ...(known ? { source: sourceBody(client, place.file) } : {}),
    line: known ? client.line(place.line) : 0,
    column: known ? client.column(Math.max(1, column)) : 0,
    instructionPointerReference: hex(place.pc),
    ...(module === undefined ? {} : { moduleId: module.id }),
    presentationHint: known ? 'normal' : 'subtle',
  };
}

function moduleAt({ session }: DebugContext, pc: bigint): Module | undefined {
  return session.modules.find(({ ranges }) => ranges.some(({ start, end }) => pc >= start && pc < end));
}

/** `resume-bug.elf!cpu_up(unsigned int id = 1) [inlined] Line 60`, as much of it as the client asks for. */
function frameName(
  { session }: DebugContext,
  frame: Frame,
  module: Module | undefined,
  format: StackFormat,
): string {
  const { place } = frame;
  const name = place.function === '' ? hex(place.pc) : place.function;
  return [
    format.module === true && module !== undefined ? `${module.name}!` : '',
    name,
    format.parameters === true ? `(${parametersText(session.inspect.locals(frame), format)})` : '',
    place.inlined ? ' [inlined]' : '',
    format.line === true && place.line !== undefined ? ` Line ${place.line}` : '',
  ].join('');
}

function parametersText(locals: readonly VariableView[], format: StackFormat): string {
  const parameters = locals.filter(({ variable }) => variable.kind === 'parameter');
  return parameters
    .map(({ name, variable, value, problem }) => {
      const declared = [
        format.parameterTypes === true ? typeName(variable.type) : '',
        format.parameterNames === true ? name : '',
      ].filter((part) => part !== '');
      const shown =
        value === undefined ? `<${problem ?? 'no value'}>` : valueText(value, { hex: format.hex ?? false });
      return [declared.join(' '), ...(format.parameterValues === true ? [shown] : [])]
        .filter((part) => part !== '')
        .join(' = ');
    })
    .join(', ');
}

/** A frame that is none: it says why the stack cannot be followed further. */
function endOfStack(
  context: DebugContext,
  hart: number,
  level: number,
  problem: string,
): DebugProtocol.StackFrame {
  return {
    id: context.frames.of(`${hart}:${level}`, () => ({ hart, level })),
    name: problem,
    line: 0,
    column: 0,
    presentationHint: 'label',
  };
}

function scopesOf(context: DebugContext, frame: Frame): DebugProtocol.Scope[] {
  const { variables, session, client } = context;
  const name = { hart: frame.hart, level: frame.level };
  const key = `${frame.hart}:${frame.level}`;
  const { pending } = session.seals;
  const scopes: DebugProtocol.Scope[] = [];
  if (pending !== undefined && pending.hart === frame.hart && frame.level === 0) {
    scopes.push({
      name: 'Sealed write',
      variablesReference: variables.of('fault', () => new FaultContainer(context, pending)),
      expensive: false,
    });
  }
  const unit = frame.symbols.function?.unit;
  if (frame.symbols.function !== undefined) {
    scopes.push({
      name: 'Locals',
      presentationHint: 'locals',
      variablesReference: variables.of(
        `locals ${key}`,
        () => new VariablesContainer(context, 'locals', name),
      ),
      expensive: false,
    });
  }
  if (unit !== undefined) {
    const file = session.sources.toHost(unit.path);
    scopes.push({
      name: 'Globals',
      // The key names the unit: two frames of one file share the scope.
      variablesReference: variables.of(
        `globals ${unit.path}`,
        () => new VariablesContainer(context, 'globals', name),
      ),
      expensive: true,
      source: sourceBody(client, file),
    });
  }
  scopes.push(
    {
      name: 'Registers',
      presentationHint: 'registers',
      variablesReference: variables.of(`registers ${key}`, () => new RegistersContainer(context, name)),
      expensive: false,
    },
    {
      name: 'CSRs',
      variablesReference: variables.of(`csrs ${frame.hart}`, () => new CsrsContainer(context, name)),
      expensive: true,
    },
  );
  return scopes;
}
