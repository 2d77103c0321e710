/** The way to the extension: messages out, questions with answers, and the state that outlives the page. */
import type { CustomResult } from '../../../server/debug/protocol.ts';
import type { Question, QuestionArguments, ToHost, ToView } from '../../views/permissions/messages.ts';

interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

export class Host {
  readonly #api = acquireVsCodeApi();
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #nextId = 1;

  /** Hears everything but answers. */
  constructor(hear: (message: Exclude<ToView, { type: 'answer' | 'refused' }>) => void) {
    window.addEventListener('message', ({ data }: MessageEvent<ToView>) => {
      if (data.type === 'answer') this.#settle(data.id)?.resolve(data.result as never);
      else if (data.type === 'refused') this.#settle(data.id)?.reject(new Error(data.message));
      else hear(data);
    });
  }

  tell(message: ToHost): void {
    this.#api.postMessage(message);
  }

  /** Rejects with the adapter's message, for instance when the machine has gone on meanwhile. */
  async ask<Q extends Question>(question: Q, args: QuestionArguments[Q]): Promise<CustomResult<Q>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.tell({ type: 'ask', id, question, arguments: args });
    });
  }

  /** What `keep` was last given, also after the view was closed. */
  get kept(): unknown {
    return this.#api.getState();
  }

  keep(state: unknown): void {
    this.#api.setState(state);
  }

  #settle(id: number): { resolve: (result: never) => void; reject: (error: Error) => void } | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
