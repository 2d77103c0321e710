/** The sample's message buffer, read from its memory: what a suspended console has kept back. */
import { EvaluationError } from '../../symbols/index.ts';
import type { Session } from '../../session/index.ts';

const linesShown = 6;

/** The last lines that printk.c has logged and no console has shown; empty when there are none. */
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
    return text
      .split('\n')
      .filter((line) => line !== '')
      .slice(-linesShown);
  } catch (error) {
    if (error instanceof EvaluationError) return [];
    throw error;
  }
}
