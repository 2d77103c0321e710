#!/usr/bin/env node
/** The `sealscope` command. */
import { SealSpecError } from '../sealing/errors.ts';
import { SessionError } from '../session/index.ts';
import { ElfError } from '../symbols/index.ts';
import { exitStatus, UsageError } from './exitStatus.ts';
import { Interruptions } from './interruption.ts';
import { runCommandLine } from './program.ts';

/** Errors whose message was written for users: what is wrong, with which input, and what to do. */
const expected = [UsageError, SessionError, ElfError, SealSpecError];

/**
 * One line for the command line's user: options where a session names launch attributes, and of what Node says of a
 * file (`ENOENT: no such file or directory, open '…'`) only the reason.
 */
function forUsers(message: string): string {
  return message
    .replace(/^"(\w+)"/, (quoted, attribute: string) => {
      if (attribute === 'program') return 'IMAGE';
      const option = { commandLine: 'append', sealed: 'seal' }[attribute] ?? attribute;
      return /^[a-z]+$/.test(option) ? `--${option}` : quoted;
    })
    .replace(/: E[A-Z]+: ([^,]+), \w+( '[^']*')?/, ': $1')
    .replaceAll('\n', ' ');
}

const interruptions = new Interruptions();
try {
  process.exitCode = await runCommandLine(process.argv.slice(2), interruptions);
} catch (error) {
  if (expected.some((type) => error instanceof type)) {
    process.stderr.write(`sealscope: ${forUsers((error as Error).message)}\n`);
    process.exitCode = exitStatus.unusable;
  } else {
    process.stderr.write(
      `sealscope: this is a fault of Sealscope: ${(error as Error).stack ?? String(error)}\n`,
    );
    process.exitCode = exitStatus.internal;
  }
}
// Whoever interrupts, then or now, does not wait for connections that are still open or output that is not read.
interruptions.onFirst(() => process.exit());
