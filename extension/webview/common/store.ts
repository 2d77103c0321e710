/** All that a view shows, in one value. Parts get it whole and draw themselves; only the store changes it. */
export class Store<State extends object> {
  #state: State;
  #isDue = false;
  readonly #render: (state: State, before: State | undefined) => void;
  #rendered: State | undefined;

  constructor(initial: State, render: (state: State, before: State | undefined) => void) {
    this.#state = initial;
    this.#render = render;
  }

  get state(): State {
    return this.#state;
  }

  /** Draws at the next frame, once however many changes there are before it. */
  update(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => this.flush());
  }

  /** Draws now. */
  flush(): void {
    this.#isDue = false;
    if (this.#rendered === this.#state) return;
    const before = this.#rendered;
    this.#rendered = this.#state;
    this.#render(this.#state, before);
  }
}
