/** Breakpoints on lines, functions, instructions and data; where they can be; exception filters. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { BreakpointExtras, DataBreakpointRequest, ExceptionFilterRequest } from '../../session/index.ts';
import { counted, hex } from '../../session/report/index.ts';
import type { Value } from '../../symbols/index.ts';
import { exceptionFilters } from '../capabilities.ts';
import type { DebugContext } from '../context.ts';
import { RequestError } from '../errors.ts';
import { breakpointBody } from '../present/breakpoints.ts';
import type { NumberedBreakpoint } from '../breakpointBook.ts';
import { on, type Handlers } from '../requests.ts';
import { address, flag, integer, list, object, oneOf, optional, text } from '../schema.ts';

const conditional = { condition: optional(text), hitCondition: optional(text) };
const logging = { ...conditional, logMessage: optional(text) };
const access = oneOf('read', 'write', 'readWrite');
const filterName = oneOf(...exceptionFilters.map(({ filter }) => filter));

type Commands =
  | 'setBreakpoints'
  | 'setFunctionBreakpoints'
  | 'setInstructionBreakpoints'
  | 'setDataBreakpoints'
  | 'setExceptionBreakpoints'
  | 'dataBreakpointInfo'
  | 'breakpointLocations';

export const breakpointHandlers: Handlers<Commands> = {
  setBreakpoints: on(
    'session',
    object({
      source: object({ path: optional(text), name: optional(text) }),
      breakpoints: optional(list(object({ line: integer(), column: optional(integer()), ...logging }))),
    }),
    (context, { source, breakpoints = [] }) => {
      const { client } = context;
      const path = pathOf(context, source);
      const requests = breakpoints.map((wanted) => ({
        ...extras(wanted),
        line: client.lineFrom(wanted.line),
        ...(wanted.column === undefined ? {} : { column: client.columnFrom(wanted.column) }),
      }));
      return answer(
        context,
        context.breakpoints.set(context.session, `source ${path}`, requests.length, (session) =>
          session.breakpoints.setSource(path, requests),
        ),
      );
    },
  ),

  setFunctionBreakpoints: on(
    'session',
    object({ breakpoints: list(object({ name: text, ...conditional })) }),
    (context, { breakpoints }) => {
      const requests = breakpoints.map((wanted) => ({ ...extras(wanted), name: wanted.name }));
      return answer(
        context,
        context.breakpoints.set(context.session, 'functions', requests.length, (session) =>
          session.breakpoints.setFunctions(requests),
        ),
      );
    },
  ),

  setInstructionBreakpoints: on(
    'session',
    object({
      breakpoints: list(object({ instructionReference: address, offset: optional(integer()), ...logging })),
    }),
    (context, { breakpoints }) => {
      const requests = breakpoints.map((wanted) => ({
        ...extras(wanted),
        address: BigInt.asUintN(64, wanted.instructionReference + BigInt(wanted.offset ?? 0)),
      }));
      return answer(
        context,
        context.breakpoints.set(context.session, 'instructions', requests.length, (session) =>
          session.breakpoints.setInstructions(requests),
        ),
      );
    },
  ),

  setDataBreakpoints: on(
    'session',
    object({ breakpoints: list(object({ dataId: text, accessType: optional(access), ...conditional })) }),
    (context, { breakpoints }) => {
      const requests = breakpoints.map((wanted): DataBreakpointRequest => ({
        ...extras(wanted),
        ...rangeOf(wanted.dataId),
        access: wanted.accessType ?? 'write',
      }));
      return answer(
        context,
        context.breakpoints.set(context.session, 'data', requests.length, (session) =>
          session.breakpoints.setData(requests),
        ),
      );
    },
  ),

  setExceptionBreakpoints: on(
    'session',
    object({
      filters: list(filterName),
      filterOptions: optional(list(object({ filterId: filterName, condition: optional(text) }))),
    }),
    (context, { filters, filterOptions = [] }) => {
      const requests: ExceptionFilterRequest[] = [
        ...filters.map((filter) => ({ filter })),
        ...filterOptions.map(({ filterId, condition }) => ({
          filter: filterId,
          ...(condition === undefined ? {} : { condition }),
        })),
      ];
      const answers = context.breakpoints.setExceptions(context.session, requests.length, (session) =>
        session.breakpoints.setExceptions(requests),
      );
      return {
        breakpoints: answers.map(({ verified, message }) => ({
          verified,
          ...(message === undefined ? {} : { message }),
        })),
      };
    },
  ),

  dataBreakpointInfo: on(
    'standstill',
    object({
      name: text,
      variablesReference: optional(integer(0)),
      frameId: optional(integer(0)),
      bytes: optional(integer(1)),
      asAddress: optional(flag),
    }),
    (context, args) => {
      const found = dataRange(context, args);
      if (typeof found === 'string') return { dataId: null, description: found };
      const what = args.asAddress === true ? hex(found.address) : args.name;
      return {
        dataId: `${hex(found.address)}/${found.length}`,
        description: `${what}: ${counted(found.length, 'byte')} at ${hex(found.address)}`,
        accessTypes: ['read', 'write', 'readWrite'],
        // An address on the stack means something else in the next run; one of a global may, after a rebuild.
        canPersist: false,
      };
    },
  ),

  breakpointLocations: on(
    'session',
    object({
      source: object({ path: optional(text), name: optional(text) }),
      line: integer(),
      endLine: optional(integer()),
    }),
    (context, { source, line, endLine }) => {
      const { client, session } = context;
      const path = pathOf(context, source);
      const lines = session.breakpoints.possibleLines(
        path,
        client.lineFrom(line),
        client.lineFrom(endLine ?? line),
      );
      return { breakpoints: lines.map((possible) => ({ line: client.line(possible) })) };
    },
  ),
};

function answer(
  context: DebugContext,
  numbered: readonly NumberedBreakpoint[],
): { breakpoints: DebugProtocol.Breakpoint[] } {
  return { breakpoints: numbered.map(({ id, breakpoint }) => breakpointBody(context, id, breakpoint)) };
}

function extras({ condition, hitCondition, logMessage }: BreakpointExtras): BreakpointExtras {
  return { condition, hitCondition, logMessage };
}

function pathOf(
  { client }: DebugContext,
  source: { readonly path?: string; readonly name?: string },
): string {
  const path = source.path ?? source.name;
  if (path === undefined) throw new RequestError('badArguments', "'source.path' is missing.");
  return client.pathFrom(path);
}

/** The bytes that a `dataId` of dataBreakpointInfo stands for. */
function rangeOf(dataId: string): { address: bigint; length: number } {
  const match = /^(0x[0-9a-f]{1,16})\/([1-9]\d{0,14})$/.exec(dataId);
  if (match === null)
    throw new RequestError(
      'badArguments',
      `'dataId' is "${dataId}"; it must come from 'dataBreakpointInfo'.`,
    );
  return { address: BigInt(match[1]!), length: Number(match[2]) };
}

/** The bytes to watch, or the reason why there are none. Any number of bytes can be watched: this is an emulator. */
function dataRange(
  context: DebugContext,
  args: {
    readonly name: string;
    readonly variablesReference?: number;
    readonly frameId?: number;
    readonly bytes?: number;
    readonly asAddress?: boolean;
  },
): { address: bigint; length: number } | string {
  const { inspect } = context.session;
  const frame = args.frameId === undefined ? undefined : context.frame(args.frameId);
  if (args.asAddress === true) {
    const start = BigInt.asUintN(64, inspect.evaluate(args.name, frame).toBigInt());
    return { address: start, length: args.bytes ?? 8 };
  }
  const value: Value | undefined =
    args.variablesReference === undefined || args.variablesReference === 0
      ? inspect.evaluate(args.name, frame)
      : context.variables.get(args.variablesReference).value(args.name);
  if (value === undefined) return `${args.name} is not a variable in memory`;
  const place = bytesOf(value);
  if (place === undefined) return `${args.name} has no address: it lives in a register or is computed`;
  const length = args.bytes ?? place.length;
  if (length === undefined || length === 0) return `${args.name} has no known size`;
  return { address: place.address, length };
}

/** Where a value lies in memory; of a bit field the bytes that it shares with its neighbours. */
function bytesOf(value: Value): { address: bigint; length: number | undefined } | undefined {
  if (value.place.kind !== 'memory') return undefined;
  const { bitField } = value.details;
  const length = bitField === undefined ? value.type.size : Math.ceil((bitField.shift + bitField.width) / 8);
  return { address: value.place.address, length };
}
