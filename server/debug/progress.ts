/** Progress of a long request, told to clients that show it. It ends with the work, however the work ends. */
import type { DebugContext } from './context.ts';
import type { Call } from './requests.ts';

export interface ProgressReport {
  readonly text: string;
  /** 0 to 1. */
  readonly fraction?: number | undefined;
}

/** The id by which the client names the progress of a request, in `cancel` too. */
export function progressIdOf(seq: number): string {
  return `request-${seq}`;
}

export async function withProgress<T>(
  context: DebugContext,
  call: Call,
  title: string,
  work: (report: (progress: ProgressReport) => void) => Promise<T>,
): Promise<T> {
  if (!context.client.progress) return work(() => undefined);
  const progressId = progressIdOf(call.seq);
  context.send('progressStart', { progressId, title, requestId: call.seq, cancellable: true });
  try {
    return await work(({ text, fraction }) => {
      const percentage = fraction === undefined ? {} : { percentage: Math.round(fraction * 100) };
      context.send('progressUpdate', { progressId, message: text, ...percentage });
    });
  } finally {
    context.send('progressEnd', { progressId });
  }
}
