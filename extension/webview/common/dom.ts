/** Elements in one expression; text is never parsed as HTML. */

type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** `true` sets an attribute without a value, `false` and `undefined` leave it out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const created = document.createElement(tag);
  setAttributes(created, attributes);
  for (const child of children) if (child !== undefined) created.append(child);
  return created;
}

export function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) target.removeAttribute(name);
    else target.setAttribute(name, value === true ? '' : String(value));
  }
}

/** Text for screen readers alone. */
export const spoken = (text: string): HTMLElement => element('span', { class: 'spoken' }, text);

/** A mark for eyes, with its meaning as a tool tip and for screen readers. */
export const mark = (glyph: string, meaning: string, className: string): HTMLElement =>
  element(
    'span',
    { class: `mark ${className}`, title: meaning },
    element('span', { 'aria-hidden': 'true' }, glyph),
    spoken(`${meaning} `),
  );
