/** Permissions and states as signs that differ without colour. */
import { element, spoken } from './dom.ts';
import { attributeLetters, permissionWords } from './words.ts';

/** The glyphs of states, everywhere the same: in rows, in the legend, in the strip of phases. */
export const glyphs = {
  fault: '●',
  degraded: '▲',
  changed: '◆',
  sealed: '■',
  partial: '◧',
  open: '□',
} as const;

/** Permission letters, each in a shape of its own, so that they differ without colour: W boxed, X underlined. */
export function letters(flags: string): HTMLElement {
  const shapes = element('span', { class: 'letters', title: permissionWords(flags) });
  for (const [index, name] of ['r', 'w', 'x'].entries()) {
    const isSet = flags[index] === name;
    shapes.append(
      element(
        'span',
        { class: isSet ? `letter ${name}` : 'letter unset', 'aria-hidden': 'true' },
        isSet ? name.toUpperCase() : '-',
      ),
    );
  }
  const rest = attributeLetters(flags);
  if (rest !== '') shapes.append(element('span', { class: 'attributes', 'aria-hidden': 'true' }, rest));
  shapes.append(spoken(permissionWords(flags)));
  return shapes;
}

/** `RW- → R--`; empty permissions are those of a page that is not mapped. */
export function becoming(from: string, to: string): HTMLElement[] {
  const side = (flags: string): HTMLElement =>
    flags === '' ? element('span', { class: 'unmapped' }, 'none') : letters(flags);
  const before = side(from);
  before.classList.add('was');
  return [
    before,
    element('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'),
    spoken(' before, now '),
    side(to),
  ];
}
