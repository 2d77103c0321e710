/** What this adapter can do. Everything the protocol knows is named; an odd `false` says why. */
import type { DebugProtocol } from '@vscode/debugprotocol';

/** Never mutually exclusive: a client may turn all of them on, and one of them does. */
export const exceptionFilters = [
  {
    filter: 'sealedWrite',
    label: 'Writes to sealed memory',
    description: 'Stop before a store that a seal refuses, and ask what to do',
    default: true,
  },
  {
    filter: 'bypass',
    label: 'Stores past a seal',
    description:
      'Stop before a store that reaches a sealed page through a writable alias or a stale TLB entry',
    default: true,
  },
  {
    filter: 'window',
    label: 'Windows that break a rule',
    description:
      'Stop where a sealed page is opened by code that may not, for too long, or for other harts too',
    default: true,
  },
  {
    filter: 'whatIf',
    label: 'Writes to what-if seals',
    description:
      'Stop before a store to bytes with a what-if seal, which no page refuses, and ask what to do',
    default: true,
  },
  {
    filter: 'writeOnce',
    label: 'Broken rules of write-once memory',
    description:
      'Stop where an object is initialised twice, written past its end, used after it was freed, …',
    default: true,
  },
  {
    filter: 'permissionGain',
    label: 'Sealed memory becomes writable',
    description:
      'Stop after a page-table store, or a switch of page tables, that lets sealed pages be written',
  },
  {
    filter: 'permissionAlias',
    label: 'Sealed memory is mapped anew',
    description: 'Stop after a page-table store that maps a sealed page at another address',
  },
  {
    filter: 'permissionWx',
    label: 'Kernel pages become writable and executable',
    description: 'Stop after a page-table store that makes kernel pages writable and executable at once',
  },
  {
    filter: 'pageFault',
    label: 'Page faults',
    description: 'Stop before a page fault is delivered to the guest',
  },
  {
    filter: 'illegalInstruction',
    label: 'Illegal instructions',
    description: 'Stop before an illegal-instruction trap is delivered to the guest',
  },
  {
    filter: 'anyTrap',
    label: 'All traps',
    description: 'Stop before any exception or interrupt is delivered to the guest, system calls included',
  },
] as const;

export const capabilities: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsEvaluateForHovers: true,
  exceptionBreakpointFilters: exceptionFilters.map((filter) => ({
    ...filter,
    supportsCondition: true,
    conditionDescription: 'C expression; $cause, $tval and $epc are those of the trap',
  })),
  // The machine is deterministic, but going back needs snapshots, which the session does not keep yet.
  supportsStepBack: false,
  supportsSetVariable: true,
  // Unwinding a kernel frame would not undo what it did to page tables and devices.
  supportsRestartFrame: false,
  // A jump is no skip: it would pass for one of the choices at a refused store. The register pc can be set.
  supportsGotoTargetsRequest: false,
  // The choices at a refused store are a scope, verbs and a request already.
  supportsStepInTargetsRequest: false,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.', '>', '$', ' '],
  supportsModulesRequest: true,
  additionalModuleColumns: [],
  // DWARF's MD5 sums are of the file that was compiled; nobody checks them against the file that is shown yet.
  supportedChecksumAlgorithms: [],
  supportsRestartRequest: true,
  // Superseded by filter options, which every current client has.
  supportsExceptionOptions: false,
  supportsValueFormattingOptions: true,
  supportsExceptionInfoRequest: true,
  // The guest lives inside the adapter and ends with it.
  supportTerminateDebuggee: false,
  supportSuspendDebuggee: false,
  supportsDelayedStackTraceLoading: true,
  supportsLoadedSourcesRequest: true,
  supportsLogPoints: true,
  // A hart cannot be ended from outside.
  supportsTerminateThreadsRequest: false,
  supportsSetExpression: true,
  supportsTerminateRequest: true,
  supportsDataBreakpoints: true,
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsDisassembleRequest: true,
  supportsCancelRequest: true,
  supportsBreakpointLocationsRequest: true,
  supportsClipboardContext: true,
  supportsSteppingGranularity: true,
  supportsInstructionBreakpoints: true,
  supportsExceptionFilterOptions: true,
  // Harts share memory and time: letting one run alone would show a machine that cannot exist.
  supportsSingleThreadExecutionRequests: false,
  supportsDataBreakpointBytes: true,
  breakpointModes: [],
  // Guests may write escape sequences to their console; values contain none.
  supportsANSIStyling: true,
};
