/** How a request is handled: its needs, the shape of its arguments, and the function that answers it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { DebugContext } from './context.ts';
import type { CustomCommand, CustomResult } from './protocol.ts';
import type { Shape } from './schema.ts';

/** What the standard says each response carries. A command that is not here is unknown to this adapter. */
interface Bodies {
  initialize: DebugProtocol.InitializeResponse['body'];
  cancel: DebugProtocol.CancelResponse['body'];
  launch: DebugProtocol.LaunchResponse['body'];
  attach: DebugProtocol.AttachResponse['body'];
  configurationDone: DebugProtocol.ConfigurationDoneResponse['body'];
  restart: DebugProtocol.RestartResponse['body'];
  terminate: DebugProtocol.TerminateResponse['body'];
  disconnect: DebugProtocol.DisconnectResponse['body'];
  setBreakpoints: DebugProtocol.SetBreakpointsResponse['body'];
  setFunctionBreakpoints: DebugProtocol.SetFunctionBreakpointsResponse['body'];
  setInstructionBreakpoints: DebugProtocol.SetInstructionBreakpointsResponse['body'];
  setDataBreakpoints: DebugProtocol.SetDataBreakpointsResponse['body'];
  setExceptionBreakpoints: DebugProtocol.SetExceptionBreakpointsResponse['body'];
  dataBreakpointInfo: DebugProtocol.DataBreakpointInfoResponse['body'];
  breakpointLocations: DebugProtocol.BreakpointLocationsResponse['body'];
  exceptionInfo: DebugProtocol.ExceptionInfoResponse['body'];
  continue: DebugProtocol.ContinueResponse['body'];
  next: DebugProtocol.NextResponse['body'];
  stepIn: DebugProtocol.StepInResponse['body'];
  stepOut: DebugProtocol.StepOutResponse['body'];
  pause: DebugProtocol.PauseResponse['body'];
  threads: DebugProtocol.ThreadsResponse['body'];
  stackTrace: DebugProtocol.StackTraceResponse['body'];
  scopes: DebugProtocol.ScopesResponse['body'];
  variables: DebugProtocol.VariablesResponse['body'];
  setVariable: DebugProtocol.SetVariableResponse['body'];
  setExpression: DebugProtocol.SetExpressionResponse['body'];
  evaluate: DebugProtocol.EvaluateResponse['body'];
  completions: DebugProtocol.CompletionsResponse['body'];
  readMemory: DebugProtocol.ReadMemoryResponse['body'];
  writeMemory: DebugProtocol.WriteMemoryResponse['body'];
  disassemble: DebugProtocol.DisassembleResponse['body'];
  modules: DebugProtocol.ModulesResponse['body'];
  loadedSources: DebugProtocol.LoadedSourcesResponse['body'];
  source: DebugProtocol.SourceResponse['body'];
}

export type Command = keyof Bodies | CustomCommand;
export type BodyOf<C extends Command> = C extends CustomCommand
  ? CustomResult<C>
  : C extends keyof Bodies
    ? Bodies[C]
    : never;

/**
 * The moment from which a request makes sense: always, after `initialize`, after `launch`, or only while the guest
 * stands still.
 */
export type Needs = 'nothing' | 'client' | 'session' | 'standstill';

/** One request being handled. */
export interface Call {
  readonly seq: number;
  /** Aborted by `cancel`, and when the client goes. */
  readonly signal: AbortSignal;
  /** Runs `action` right after the response has been sent. */
  afterwards(action: () => void): void;
}

export interface RequestHandler<Body> {
  readonly needs: Needs;
  /** Handled the moment it arrives, even while another request is being handled. */
  readonly urgent: boolean;
  handle(context: DebugContext, args: unknown, call: Call): Promise<Body>;
}

export type Handlers<C extends Command> = { readonly [K in C]: RequestHandler<BodyOf<K>> };

/** A handler whose arguments are checked against `shape` first; missing arguments count as `{}`. */
export function on<Args, Body>(
  needs: Needs,
  shape: Shape<Args>,
  handle: (context: DebugContext, args: Args, call: Call) => Body | Promise<Body>,
): RequestHandler<Body> {
  return {
    needs,
    urgent: false,
    async handle(context, args, call) {
      return handle(context, shape.check(args ?? {}, ''), call);
    },
  };
}

export function urgent<Body>(handler: RequestHandler<Body>): RequestHandler<Body> {
  return { ...handler, urgent: true };
}
