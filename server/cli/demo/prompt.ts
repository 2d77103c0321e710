/** Asks on a terminal which choice to take. */
import { createInterface } from 'node:readline';
import type { Choice, OfferedChoice, Paint } from '../../session/report/index.ts';

/** `end`: no answer, and none can come. `interrupted`: the signal aborted. */
export type Answer = OfferedChoice | 'end' | 'interrupted';

/**
 * Asks until an answer names one choice, by its name or the beginning of it; an empty answer is `preset`. Lines typed
 * ahead are answers to the questions that follow.
 */
export async function askChoice(
  choices: readonly Choice[],
  preset: OfferedChoice,
  paint: Paint,
  signal: AbortSignal,
): Promise<Answer> {
  const names = choices.map(({ action }) => `${paint.bold(action.slice(0, 1))}${action.slice(1)}`).join(', ');
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: `Your choice (${names}) [${preset}]: `,
    signal,
  });
  // The terminal is raw while a line is edited: Ctrl-C arrives as a key.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    lines.prompt();
    // The iterator keeps lines that arrive before they are asked for.
    for await (const line of lines) {
      const answer = line.trim().toLowerCase();
      if (answer === '') return preset;
      const meant = choices.filter(({ action }) => action.startsWith(answer));
      if (meant.length === 1) return meant[0]!.action;
      lines.prompt();
    }
    process.stdout.write('\n');
    return signal.aborted ? 'interrupted' : 'end';
  } finally {
    lines.close();
  }
}
