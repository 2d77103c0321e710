/** The sample's message buffer, read from its memory: what a suspended console has kept back. */
import { EvaluationError } from '../../symbols/index.ts';
import type { Session } from '../../session/index.ts';

/** Where the sample's oops begins, as Linux's does. */
const oopsBegins = 'Unable to handle';
const linesShown = { first: 4, last: 3 };

/** The oops that printk.c has logged and no console has shown, its middle left out; empty when there is none. */
export function guestLog(session: Session): string[] {
  const read = (name: string): bigint => session.inspect.evaluate(name).toBigInt();
  try {
    const [logged, shown] = [read('log_next'), read('console_next')];
    const buffer = session.inspect.evaluate('log_buf');
    const bytes = buffer.bytes();
    const size = BigInt(bytes.length);
    const first = logged - shown > size ? logged - size : shown;
    const text = new TextDecoder().decode(
      Uint8Array.from(
        { length: Number(logged - first) },
        (_, index) => bytes[Number((first + BigInt(index)) % size)]!,
      ),
    );
    const oops = text.indexOf(oopsBegins);
    return oops === -1 ? [] : shortened(text.slice(text.lastIndexOf('\n', oops) + 1));
  } catch (error) {
    if (error instanceof EvaluationError) return [];
    throw error;
  }
}

function shortened(text: string): string[] {
  const lines = text.trimEnd().split('\n');
  const { first, last } = linesShown;
  if (lines.length <= first + last) return lines;
  return [...lines.slice(0, first), `… ${lines.length - first - last} lines …`, ...lines.slice(-last)];
}
