/** Asks on a terminal which choice to take. */
import { createInterface } from 'node:readline/promises';
import type { Choice, OfferedChoice } from '../../session/report/index.ts';
import type { Paint } from '../../session/report/index.ts';

/**
 * Asks until an answer names one choice, by its name or the beginning of it; an empty answer is `preset`. Undefined
 * when the input ends or `signal` aborts.
 */
export async function askChoice(
  choices: readonly Choice[],
  preset: OfferedChoice,
  paint: Paint,
  signal: AbortSignal,
): Promise<OfferedChoice | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // The terminal is raw while a line is edited: Ctrl-C arrives as a key.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const names = choices.map(({ action }) => `${paint.bold(action.slice(0, 1))}${action.slice(1)}`).join(', ');
  try {
    while (true) {
      const answer = await answerOf(
        lines.question(`Your choice (${names}) [${preset}]: `, { signal }),
        lines,
      );
      if (answer === undefined) return undefined;
      const meant = choices.filter(({ action }) => action.startsWith(answer));
      if (answer === '') return preset;
      if (meant.length === 1) return meant[0]!.action;
    }
  } finally {
    lines.close();
  }
}

async function answerOf(
  question: Promise<string>,
  lines: ReturnType<typeof createInterface>,
): Promise<string | undefined> {
  const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  try {
    return (await Promise.race([question, closed]))?.trim().toLowerCase();
  } catch {
    return undefined;
  }
}
