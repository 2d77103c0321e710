/** Log messages: text with `{expression}` in it; `{{` and `}}` stand for the braces themselves. */
import { SessionError } from '../errors.ts';

export type LogPiece = { readonly text: string } | { readonly expression: string };

/**
 * @throws SessionError `request` for a brace without its partner or an empty expression.
 */
export function parseLogMessage(message: string): LogPiece[] {
  const pieces: LogPiece[] = [];
  let text = '';
  for (let at = 0; at < message.length; at++) {
    const pair = message.slice(at, at + 2);
    if (pair === '{{' || pair === '}}') {
      text += pair[0]!;
      at++;
    } else if (message[at] === '{') {
      const end = message.indexOf('}', at);
      const expression = end < 0 ? '' : message.slice(at + 1, end).trim();
      if (expression === '')
        throw new SessionError('request', `log message "${message}": "{" needs an expression and a "}"`);
      if (text !== '') pieces.push({ text });
      pieces.push({ expression });
      text = '';
      at = end;
    } else text += message[at]!;
  }
  if (text !== '') pieces.push({ text });
  return pieces;
}
