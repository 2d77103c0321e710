/** The terminal of one guest: what the guest has written, and a keyboard. */
import { EventEmitter, type Pseudoterminal, type Terminal, window } from 'vscode';

/** Characters of output kept for a terminal that is opened late, or again. */
const KEPT = 256 * 1024;

export class GuestTerminal implements Pseudoterminal {
  readonly #name: string;
  readonly #send: (keys: string) => void;
  readonly #written = new EventEmitter<string>();
  readonly onDidWrite = this.#written.event;
  #terminal: Terminal | undefined;
  #isOpen = false;
  #text = '';

  /** `send` gets keys as a terminal encodes them, unechoed: the guest decides what shows. */
  constructor(name: string, send: (keys: string) => void) {
    this.#name = name;
    this.#send = send;
  }

  /** The keyboard stays where it is unless `focus`. */
  show(focus: boolean): void {
    this.#terminal ??= window.createTerminal({ name: this.#name, pty: this, isTransient: true });
    this.#terminal.show(!focus);
  }

  /** What the guest wrote. Its line feeds alone begin new lines, as on a serial console behind a tty. */
  write(text: string): void {
    const shown = text.replace(/\r?\n/g, '\r\n');
    this.#text = (this.#text + shown).slice(-KEPT);
    if (this.#isOpen) this.#written.fire(shown);
  }

  /** A line of our own, told apart from the guest's. */
  say(text: string): void {
    const atLineStart = this.#text === '' || this.#text.endsWith('\r\n');
    this.write(`${atLineStart ? '' : '\n'}\u001b[2m${text}\u001b[22m\n`);
  }

  open(): void {
    this.#isOpen = true;
    this.#written.fire(this.#text);
  }

  /** The user closed it; `show` opens another. */
  close(): void {
    this.#isOpen = false;
    this.#terminal = undefined;
  }

  handleInput(keys: string): void {
    this.#send(keys);
  }

  /** Nothing to do: a serial line knows no size. Being there lets the terminal follow the window. */
  setDimensions(): void {
    return;
  }

  dispose(): void {
    this.#terminal?.dispose();
    this.#written.dispose();
  }
}
