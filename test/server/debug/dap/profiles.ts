/** Clients by what they say of themselves in `initialize`, and what must not be sent to each. */
import type { DebugProtocol } from '@vscode/debugprotocol';

export type Profile = Readonly<DebugProtocol.InitializeRequestArguments>;

export const profiles = {
  vscode: {
    clientID: 'vscode',
    clientName: 'Visual Studio Code',
    adapterID: 'sealscope',
    locale: 'en',
    linesStartAt1: true,
    columnsStartAt1: true,
    pathFormat: 'path',
    supportsVariableType: true,
    supportsVariablePaging: true,
    supportsRunInTerminalRequest: true,
    supportsMemoryReferences: true,
    supportsProgressReporting: true,
    supportsInvalidatedEvent: true,
    supportsMemoryEvent: true,
    supportsArgsCanBeInterpretedByShell: true,
    supportsStartDebuggingRequest: true,
    supportsANSIStyling: true,
  },
  'nvim-dap': {
    clientID: 'neovim',
    clientName: 'neovim',
    adapterID: 'nvim-dap',
    locale: 'en_US.UTF-8',
    linesStartAt1: true,
    columnsStartAt1: true,
    pathFormat: 'path',
    supportsRunInTerminalRequest: true,
    supportsStartDebuggingRequest: true,
    supportsProgressReporting: true,
    supportsVariableType: true,
    supportsANSIStyling: true,
  },
  helix: {
    clientID: 'hx',
    clientName: 'helix',
    adapterID: 'sealscope',
    locale: 'en-us',
    linesStartAt1: true,
    columnsStartAt1: true,
    pathFormat: 'path',
    supportsVariableType: true,
    supportsVariablePaging: false,
    supportsRunInTerminalRequest: true,
    supportsMemoryReferences: false,
    supportsProgressReporting: false,
    supportsInvalidatedEvent: false,
  },
  minimal: { adapterID: 'sealscope' },
} as const satisfies Record<string, Profile>;

/** Events that only clients which asked for them may get. */
const OPTIONAL_EVENTS: Readonly<Record<string, keyof DebugProtocol.InitializeRequestArguments>> = {
  progressStart: 'supportsProgressReporting',
  progressUpdate: 'supportsProgressReporting',
  progressEnd: 'supportsProgressReporting',
  invalidated: 'supportsInvalidatedEvent',
  memory: 'supportsMemoryEvent',
};

/** Members of response bodies that only such clients may get. */
const OPTIONAL_MEMBERS: Readonly<
  Record<string, Readonly<Record<string, keyof DebugProtocol.InitializeRequestArguments>>>
> = Object.fromEntries(
  ['variables', 'evaluate', 'setVariable', 'setExpression', 'scopes'].map((command) => [
    command,
    {
      type: 'supportsVariableType',
      namedVariables: 'supportsVariablePaging',
      indexedVariables: 'supportsVariablePaging',
      memoryReference: 'supportsMemoryReferences',
    },
  ]),
);

/** What of a message the client has not said it can take. */
export function unadvertised(profile: Profile, message: DebugProtocol.ProtocolMessage): string[] {
  if (message.type === 'request') return [`a reverse request: ${(message as DebugProtocol.Request).command}`];
  if (message.type === 'event') {
    const { event } = message as DebugProtocol.Event;
    const needed = OPTIONAL_EVENTS[event];
    return needed !== undefined && profile[needed] !== true ? [`event ${event}`] : [];
  }
  const { command, body } = message as Omit<DebugProtocol.Response, 'body'> & { readonly body?: unknown };
  const members = OPTIONAL_MEMBERS[command] ?? {};
  return membersOf(body).flatMap((name) => {
    const needed = members[name];
    return needed !== undefined && profile[needed] !== true ? [`${name} in ${command}`] : [];
  });
}

function membersOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => [
    ...(Array.isArray(value) ? [] : [name]),
    ...membersOf(inner),
  ]);
}
