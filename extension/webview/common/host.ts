/** The way to the extension: messages out, questions with answers, and the state that outlives the page. */
import type { CustomCommand, CustomResult } from '../../../server/debug/protocol.ts';
import type { Answer, Ask, QuestionArguments } from '../../views/common/messages.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** `Question`: what the view may ask. `Told` and `Heard`: what it says, and hears beside answers. */
export class Host<Question extends CustomCommand, Told, Heard extends { readonly type: string }> {
  readonly #api = acquireVsCodeApi();
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  /** Hears everything but answers. */
  constructor(hear: (message: Heard) => void) {
    window.addEventListener('message', ({ data }: MessageEvent<Heard | Answer>) => {
      if (isAnswer(data)) this.#settle(data);
      else hear(data);
    });
  }

  tell(message: Told): void {
    this.#api.postMessage(message);
  }

  /** Rejects with the adapter's message, for instance when the machine has gone on meanwhile. */
  async ask<Q extends Question>(question: Q, args: QuestionArguments<Q>): Promise<CustomResult<Q>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const message: Ask<Q> = { type: 'ask', id, question, arguments: args };
      this.#api.postMessage(message);
    });
  }

  /** What `keep` was last given, also after the view was closed. */
  get kept(): unknown {
    return this.#api.getState();
  }

  keep(state: unknown): void {
    this.#api.setState(state);
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === 'answer') waiting?.resolve(answer.result as never);
    else waiting?.reject(new Error(answer.message));
  }
}

const isAnswer = (message: { readonly type: string }): message is Answer =>
  message.type === 'answer' || message.type === 'refused';
