/** A conversation as text that stays the same on every machine and after every rebuild of the sample. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** Addresses, steps, lines and paths say where the sample happens to lie; the rest is the conversation. */
function stable(text: string): string {
  return text
    .replaceAll(/━━ SEALED WRITE[^"`]*/g, '<the report, folded to the width of its paths>')
    .replaceAll(root, '<root>/')
    .replaceAll(/0x[0-9a-f]{7,16}/g, '<address>')
    .replaceAll(/\bstep [\d,]+/g, 'step <step>')
    .replaceAll(/\+0x[0-9a-f]+/g, '')
    .replaceAll(/"line": \d+/g, '"line": <line>')
    .replaceAll(/"column": \d+/g, '"column": <column>')
    .replaceAll(/(\.[chS]):\d+/g, '$1:<line>');
}

/** Longer lists of children are shown by their beginning. */
const SHOWN = 6;

function shortened(_key: string, value: unknown): unknown {
  if (!Array.isArray(value) || value.length <= SHOWN) return value;
  return [...(value.slice(0, SHOWN) as unknown[]), `… ${value.length - SHOWN} more`];
}

function lineOf(message: DebugProtocol.ProtocolMessage): string {
  const show = (value: unknown) => (value === undefined ? '' : ` ${JSON.stringify(value, shortened, 1)}`);
  if (message.type === 'request') {
    const { command, arguments: args } = message as Omit<DebugProtocol.Request, 'arguments'> & {
      arguments?: unknown;
    };
    return `→ ${command}${show(args)}`;
  }
  if (message.type === 'event') {
    const { event, body } = message as Omit<DebugProtocol.Event, 'body'> & { body?: unknown };
    return `← event ${event}${show(body)}`;
  }
  const { command, success, body } = message as Omit<DebugProtocol.Response, 'body'> & { body?: unknown };
  return `← ${success ? '' : 'failed '}${command}${show(body)}`;
}

/** Output of the guest comes in pieces that depend on the host's speed: only that it came is of interest here. */
const isGuestOutput = (message: DebugProtocol.ProtocolMessage) =>
  (message as DebugProtocol.Event).event === 'output' &&
  (message as DebugProtocol.OutputEvent).body.category === 'stdout';
const isProgress = (message: DebugProtocol.ProtocolMessage) =>
  ((message as Partial<DebugProtocol.Event>).event ?? '') === 'progressUpdate';

export function transcriptText(messages: readonly DebugProtocol.ProtocolMessage[]): string {
  const told = messages.filter((message) => !isGuestOutput(message) && !isProgress(message));
  return `${told.map((message) => stable(lineOf(message))).join('\n')}\n`;
}
