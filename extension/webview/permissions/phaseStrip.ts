/** The way from boot to sealed memory and on, in one line. */
import { element, spoken } from '../common/dom.ts';
import { glyphs } from '../common/letters.ts';
import { stepText } from '../common/words.ts';
import type { State } from './state.ts';

type Phase = NonNullable<State['phases']>['phases'][number];

const labels: Readonly<Record<Exclude<Phase['kind'], 'hotplug'>, string>> = {
  boot: 'booting',
  sealed: 'SEALED',
  'partly-sealed': 'partly sealed',
  degraded: 'degraded',
  reopened: 'writable again',
  resealed: 'RESEALED',
  suspend: 'suspend',
  resume: 'resume',
  fault: 'fault',
  exit: 'exit',
};
const marks: Partial<Record<Phase['kind'], string>> = {
  sealed: glyphs.sealed,
  resealed: glyphs.sealed,
  'partly-sealed': glyphs.partial,
  degraded: glyphs.degraded,
  reopened: glyphs.open,
  fault: glyphs.fault,
};

export class PhaseStrip {
  readonly root = element('ol', { class: 'phases', 'aria-label': 'Phases', tabindex: 0 });
  readonly #openSource: (path: string, line: number) => void;
  #drawn: State['phases'];

  constructor(openSource: (path: string, line: number) => void) {
    this.#openSource = openSource;
    this.root.addEventListener('scroll', () => this.root.classList.toggle('cut', this.root.scrollLeft > 0));
  }

  render({ phases, session }: State): void {
    this.root.hidden = phases === undefined;
    this.root.classList.toggle('stale', session !== 'stopped');
    if (phases === this.#drawn || phases === undefined) return;
    this.#drawn = phases;
    this.root.replaceChildren(
      ...phases.phases.map((phase, index) => this.#item(phase, index === phases.phases.length - 1)),
    );
    requestAnimationFrame(() => (this.root.scrollLeft = this.root.scrollWidth));
  }

  #item({ kind, step, text, place, hart }: Phase, isLast: boolean): HTMLElement {
    const glyph = marks[kind];
    const label = element('span', { class: `phase ${kind}` }, labelOf(kind, hart));
    const detail =
      kind === 'sealed' || kind === 'resealed'
        ? ` at step ${stepText(step)}${byText(place?.function, hart)}`
        : '';
    const title = `${text} at step ${stepText(step)}`;
    const item = element('li', { title, ...(isLast ? { 'aria-current': 'step' } : {}) });
    if (glyph !== undefined)
      item.append(element('span', { class: `mark ${kind}`, 'aria-hidden': 'true' }, `${glyph} `));
    item.append(label, detail, spoken(`, ${title}`));
    const { path, line } = place ?? {};
    if (path !== undefined && line !== undefined) {
      const link = element(
        'button',
        { class: 'link', title: `${title}\n${path}:${line}` },
        ...item.childNodes,
      );
      link.addEventListener('click', () => this.#openSource(path, line));
      item.replaceChildren(link);
    }
    return item;
  }
}

/** Also while the kernel boots it starts harts. */
const labelOf = (kind: Phase['kind'], hart: number | undefined): string =>
  kind === 'hotplug' || (kind === 'boot' && hart !== undefined)
    ? `hart ${hart ?? '?'} started`
    : labels[kind];

const byText = (name: string | undefined, hart: number | undefined): string =>
  (name === undefined || name === '' ? '' : ` by ${name}`) + (hart === undefined ? '' : ` (hart ${hart})`);
