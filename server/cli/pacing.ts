/** A run that goes no faster than its output is read. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { SessionHost } from '../session/index.ts';

/**
 * `host`, but a turn of its event loop lasts until nothing waits in `outputs` for a slow reader: what a guest prints
 * would otherwise pile up in memory. When `ending` aborts, nobody is waited for any more.
 */
export function pacedBy(outputs: readonly Writable[], host: SessionHost, ending: AbortSignal): SessionHost {
  const { scheduler } = host;
  return {
    ...host,
    scheduler: {
      now: () => scheduler.now(),
      turn: async () => {
        await scheduler.turn();
        for (const output of outputs) await drained(output, ending);
      },
    },
  };
}

async function drained(output: Writable, ending: AbortSignal): Promise<void> {
  if (!output.writableNeedDrain || ending.aborted) return;
  try {
    await once(output, 'drain', { signal: ending });
  } catch {
    // Aborted, or the stream broke, which whoever owns it is told of: either way there is nothing to wait for.
  }
}
