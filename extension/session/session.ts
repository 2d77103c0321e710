/** One debug session of ours, with its state as the protocol's messages tell it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { DebugSession } from 'vscode';
import type {
  CustomArguments,
  CustomCommand,
  CustomEventBody,
  CustomResult,
} from '../../server/debug/protocol.ts';
import type { OnWire } from './wire.ts';

export type RunState = 'starting' | 'running' | 'stopped' | 'ended';

/** A change of phase, and what changed it: "sealed by seal_kernel (hart 0)". */
export type PhaseChange = CustomEventBody<'sealscope/phase'>;
/** Where the guest is between boot and sealed memory; `unsealed`: there is nothing to seal. */
export type Phase = PhaseChange['current'];

/** Standard requests that views make beside VS Code's own, with their arguments and answers. */
interface StandardRequests {
  evaluate: [DebugProtocol.EvaluateArguments, DebugProtocol.EvaluateResponse['body']];
  exceptionInfo: [DebugProtocol.ExceptionInfoArguments, DebugProtocol.ExceptionInfoResponse['body']];
}

export class SealscopeSession {
  readonly debugSession: DebugSession;
  state: RunState = 'starting';
  /** Why and where the guest stands still; undefined unless `state` is `stopped`. */
  stop: DebugProtocol.StoppedEvent['body'] | undefined;

  /** Undefined until the adapter tells of one. */
  phase: PhaseChange | undefined;

  constructor(debugSession: DebugSession) {
    this.debugSession = debugSession;
  }

  get id(): string {
    return this.debugSession.id;
  }

  get name(): string {
    return this.debugSession.name;
  }

  /** Rejects with the adapter's message: most requests are refused while the guest runs. */
  async request<C extends CustomCommand>(
    command: C,
    args: OnWire<CustomArguments<C>>,
  ): Promise<CustomResult<C>> {
    return (await this.debugSession.customRequest(command, args)) as CustomResult<C>;
  }

  async standardRequest<C extends keyof StandardRequests>(
    command: C,
    args: StandardRequests[C][0],
  ): Promise<StandardRequests[C][1]> {
    return (await this.debugSession.customRequest(command, args)) as StandardRequests[C][1];
  }
}
