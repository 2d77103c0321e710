/** What the process tells its caller. Other programs rely on it. */
import type { Exit } from '../session/index.ts';

export const exitStatus = {
  /** The guest ended well, or was stopped because that was asked for. */
  ok: 0,
  /** The guest failed, or waits for something that cannot come. */
  failed: 1,
  /** Usage, or input that cannot be used. */
  unusable: 2,
  /** Sealed writes under `--fail-on-sealed-write`. */
  sealedWrites: 3,
  /** `--max-instructions` was reached. */
  limit: 4,
  /** A fault of Sealscope itself (EX_SOFTWARE of sysexits.h). */
  internal: 70,
} as const;

/** As a shell reports a process that a signal ended. */
export const signalStatus = { SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;

export type Interruption = keyof typeof signalStatus;

export function statusOf(exit: Exit): number {
  switch (exit.reason) {
    case 'poweroff':
    case 'reboot':
    case 'pass':
      return exit.status === 0 ? exitStatus.ok : exitStatus.failed;
    case 'stop':
      return exitStatus.ok;
    case 'limit':
      return exitStatus.limit;
    case 'fail':
    case 'idle':
      return exitStatus.failed;
  }
}

/** The command line cannot be served; `message` is the one line that says why and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
