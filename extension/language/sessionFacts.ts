/** What a session adds to a hover: the answer of `sealscope/describe` in Markdown. Knows no VS Code. */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CustomResult } from '../../server/debug/protocol.ts';
import { codeSpan, linkTarget, plainText } from '../../server/session/report/markdown.ts';

type Description = CustomResult<'sealscope/describe'>;
type Event = NonNullable<Description['sealedBy']>;

/** Empty if the session knows nothing of the symbol. */
export function sessionText({ found, pageFlags, sealedBy, lastWriter, firstWriter }: Description): string {
  if (!found) return '';
  const now = [
    pageFlags === undefined ? 'Not mapped now' : `Now ${codeSpan(pageFlags)}`,
    sealedBy && `sealed by ${eventText(sealedBy)}`,
  ];
  const isOne = firstWriter?.step === lastWriter?.step;
  const writers = [
    firstWriter && `${isOne ? 'Written' : 'First written'} by ${eventText(firstWriter)}`,
    lastWriter && !isOne && `last by ${eventText(lastWriter)}`,
  ];
  return [now, writers]
    .map((parts) => parts.filter((part) => typeof part === 'string').join(', '))
    .filter((line) => line !== '')
    .join('  \n');
}

/** A link that seals the symbol what-if; empty where nothing says how many bytes it has. */
export function whatIfCommand({ address, size }: Description): string {
  if (address === undefined || size === undefined || size === 0) return '';
  const query = encodeURIComponent(JSON.stringify([{ address, size }]));
  return `[Seal what-if](command:sealscope.whatIfSeal?${query})`;
}

/** `seal_kernel` at [main.c:42](file:///…), step 1,204,311, hart 0 */
function eventText({ step, hart, place }: Event): string {
  const at =
    place.path === undefined || place.line === undefined ? '' : ` at ${linkText(place.path, place.line)}`;
  const name = place.function === '' ? place.pc : place.function;
  return `${codeSpan(name)}${at}, step ${grouped(step)}, hart ${hart}`;
}

function linkText(path: string, line: number): string {
  const label = plainText(`${path.replace(/^.*[/\\]/, '')}:${line}`);
  return isAbsolute(path) ? `[${label}](${linkTarget(pathToFileURL(path).href)}#L${line})` : label;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
