/** Follows debug sessions by the protocol's messages, which VS Code shows to whoever asks. Waits on events alone. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { type DebugSession, Disposable, type TextEditor, debug, window } from 'vscode';

/** The standard requests that tests make, with their arguments and answers. */
interface Requests {
  continue: [DebugProtocol.ContinueArguments, DebugProtocol.ContinueResponse['body']];
  exceptionInfo: [DebugProtocol.ExceptionInfoArguments, DebugProtocol.ExceptionInfoResponse['body']];
  scopes: [DebugProtocol.ScopesArguments, DebugProtocol.ScopesResponse['body']];
  setVariable: [DebugProtocol.SetVariableArguments, DebugProtocol.SetVariableResponse['body']];
  stackTrace: [DebugProtocol.StackTraceArguments, DebugProtocol.StackTraceResponse['body']];
  variables: [DebugProtocol.VariablesArguments, DebugProtocol.VariablesResponse['body']];
}

export async function ask<C extends keyof Requests>(
  session: DebugSession,
  command: C,
  args: Requests[C][0],
): Promise<Requests[C][1]> {
  return (await session.customRequest(command, args)) as Requests[C][1];
}

/** What the adapter has sent since the last `clear()`, in all sessions, and what it will send. */
export class Recorder {
  readonly #registration: Disposable;
  #messages: DebugProtocol.ProtocolMessage[] = [];
  #wake: () => void = () => undefined;

  constructor() {
    this.#registration = debug.registerDebugAdapterTrackerFactory('sealscope', {
      createDebugAdapterTracker: () => ({
        onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => {
          this.#messages.push(message);
          this.#wake();
        },
      }),
    });
  }

  /** The next event of this name: one that came already, or one to come. It is used up. */
  async event<T extends DebugProtocol.Event>(name: T['event']): Promise<T> {
    for (;;) {
      const index = this.#messages.findIndex((message) => isEvent(message) && message.event === name);
      if (index >= 0) return this.#messages.splice(index, 1)[0] as T;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async stopped(): Promise<DebugProtocol.StoppedEvent> {
    return this.event('stopped');
  }

  /** What guest and adapter have written so far; of one category of `output` alone, if given. */
  output(category?: string): string {
    return this.#messages
      .filter(isEvent)
      .map((message) => {
        if (message.event === 'output') {
          const { body } = message as DebugProtocol.OutputEvent;
          return category === undefined || body.category === category ? body.output : '';
        }
        if (category !== undefined) return '';
        return message.event === 'sealscope/console' ? (message.body as { text: string }).text : '';
      })
      .join('');
  }

  /** The protocol so far, to be shown beside a failure. */
  transcript(): string {
    return this.#messages.map((message) => JSON.stringify(message)).join('\n');
  }

  clear(): void {
    this.#messages = [];
  }

  dispose(): void {
    this.#registration.dispose();
  }
}

/** Resolves when VS Code has taken leave of the active session. Call it before what ends the session. */
export async function sessionEnd(): Promise<void> {
  const ending = debug.activeDebugSession;
  await new Promise<void>((resolve) => {
    const listener = debug.onDidTerminateDebugSession((session) => {
      if (ending !== undefined && session.id !== ending.id) return;
      listener.dispose();
      resolve();
    });
  });
}

/** The active editor, once its cursor is on `line` (from 1) of a file with this name. */
export async function editorAt(file: string, line: number): Promise<TextEditor> {
  const isThere = (editor: TextEditor | undefined): editor is TextEditor =>
    editor !== undefined &&
    editor.document.fileName.endsWith(`/${file}`) &&
    editor.selection.active.line === line - 1;
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isThere(window.activeTextEditor)) return;
      listeners.dispose();
      resolve(window.activeTextEditor);
    };
    const listeners = Disposable.from(
      window.onDidChangeActiveTextEditor(look),
      window.onDidChangeTextEditorSelection(look),
    );
    look();
  });
}

function isEvent(message: DebugProtocol.ProtocolMessage): message is DebugProtocol.Event {
  return message.type === 'event';
}
