/** The run as bars, phases above them, and the chosen moment, which keys and mouse move. */
import type { Timeline } from '../../views/timeline/messages.ts';
import { element, setAttributes } from '../common/dom.ts';
import { glyphs } from '../common/letters.ts';
import { countText, stepText } from '../common/words.ts';
import { type Axis, axisOf, endOf, partOf, placeOf } from './axis.ts';
import type { Marks, Run } from './state.ts';

export interface ScrubberEvents {
  /** Undefined: now. */
  move(moment: bigint | undefined): void;
}

type Phase = Timeline['phases'][number];
type Count = Timeline['parts']['counts'][number];

const phaseGlyphs: Readonly<Record<string, string>> = {
  boot: '▸',
  sealed: glyphs.sealed,
  resealed: glyphs.sealed,
  'partly-sealed': glyphs.partial,
  degraded: glyphs.degraded,
  reopened: glyphs.open,
  suspend: '‖',
  resume: '▷',
  hotplug: '+',
  fault: glyphs.fault,
  exit: '×',
};

/** Parts that PageUp and PageDown pass over. */
const LEAP = 10;

export class Scrubber {
  readonly root: HTMLElement;
  readonly #events: ScrubberEvents;
  readonly #phases = element('div', { class: 'phases', role: 'group', 'aria-label': 'Phases' });
  readonly #bars = element('div', { class: 'bars', 'aria-hidden': 'true' });
  readonly #marks = element('div', { class: 'marks', 'aria-hidden': 'true' });
  readonly #cursor = element('div', { class: 'cursor', 'aria-hidden': 'true' });
  readonly #track: HTMLElement;
  readonly #caption = element('p', { class: 'caption' });
  readonly #ends = element('div', { class: 'ends', 'aria-hidden': 'true' });
  #drawn: Run | undefined;
  #axis: Axis = { from: 0n, width: 1n, count: 0 };
  #moment: bigint | undefined;

  constructor(events: ScrubberEvents) {
    this.#events = events;
    this.#track = element(
      'div',
      { class: 'track', role: 'slider', tabindex: 0, 'aria-label': 'Moment', 'aria-valuemin': 0 },
      this.#bars,
      this.#marks,
      this.#cursor,
    );
    const legend = element(
      'p',
      { class: 'legend' },
      ...(['gained', 'lost', 'rest'] as const).map((kind) =>
        element(
          'span',
          {},
          element('span', { class: `sample ${kind}`, 'aria-hidden': 'true' }),
          ` ${{ gained: 'gain W', lost: 'lose W', rest: 'other changes' }[kind]}`,
        ),
      ),
      element('span', {}, 'Heights are logarithmic.'),
    );
    this.root = element(
      'div',
      { class: 'scrubber' },
      this.#phases,
      this.#track,
      this.#ends,
      this.#caption,
      legend,
    );
    this.#track.addEventListener('keydown', (event) => this.#onKey(event));
    this.#track.addEventListener('pointerdown', (event) => {
      this.#track.setPointerCapture(event.pointerId);
      this.#drag(event);
    });
    this.#track.addEventListener('pointermove', (event) => {
      if (this.#track.hasPointerCapture(event.pointerId)) this.#drag(event);
    });
  }

  focus(): void {
    this.#track.focus();
  }

  render(run: Run | undefined, moment: bigint | undefined, marks: Marks): void {
    this.root.hidden = run === undefined;
    if (run === undefined) return;
    this.#moment = moment;
    if (run !== this.#drawn) {
      this.#drawn = run;
      this.#axis = axisOf(run);
      this.#drawBars(run.parts.counts);
      this.#phases.replaceChildren(...run.phases.map((phase) => this.#phase(phase)));
      const { from, count } = this.#axis;
      const end = endOf(this.#axis, count - 1);
      this.#ends.replaceChildren(
        element('span', {}, `step ${stepText(String(from))}`),
        element('span', {}, `step ${stepText(String(end))}`),
      );
    }
    const axis = this.#axis;
    this.#marks.replaceChildren(
      ...(['a', 'b'] as const).flatMap((name) => {
        const step = marks[name];
        if (step === undefined) return [];
        const line = element('span', { class: 'line' }, name.toUpperCase());
        line.style.left = `${placeOf(axis, step) * 100}%`;
        return [line];
      }),
    );
    this.#cursor.style.left = `${(moment === undefined ? 1 : placeOf(axis, moment)) * 100}%`;
    const text = this.#textOf(run, moment);
    this.#caption.textContent = text;
    setAttributes(this.#track, {
      'aria-valuemax': axis.count,
      'aria-valuenow': moment === undefined ? axis.count : partOf(axis, moment),
      'aria-valuetext': text,
    });
  }

  #textOf({ parts, phases }: Run, moment: bigint | undefined): string {
    const last = [...phases].reverse().find(({ step }) => moment === undefined || BigInt(step) <= moment);
    const phase = last === undefined ? '' : `, after: ${last.text}`;
    if (moment === undefined) return `Now${phase}`;
    const { events = 0, gained = 0 } = parts.counts[partOf(this.#axis, moment)] ?? {};
    const found = `${countText(events, 'change', 'changes')} around it, ${stepText(String(gained))} gain W`;
    return `Step ${stepText(String(moment))}: ${found}${phase}`;
  }

  #drawBars(counts: readonly Count[]): void {
    const most = Math.log2(1 + Math.max(1, ...counts.map(({ events }) => events)));
    const bars = counts.map(({ events, gained, lost }) => {
      const bar = element('span', { class: 'bar' });
      bar.style.height = `${(Math.log2(1 + events) / most) * 100}%`;
      for (const [kind, count] of [
        ['gained', gained],
        ['lost', lost],
        ['rest', Math.max(0, events - gained - lost)],
      ] as const) {
        if (count === 0) continue;
        const piece = element('span', { class: kind });
        piece.style.flexGrow = String(count);
        bar.append(piece);
      }
      return bar;
    });
    this.#bars.replaceChildren(...bars);
  }

  #phase({ step, kind, text }: Phase): HTMLElement {
    const title = `${text}, step ${stepText(step)}`;
    const mark = element(
      'button',
      { class: `phase ${kind}`, title, 'aria-label': title, tabindex: -1 },
      phaseGlyphs[kind] ?? '◆',
    );
    mark.style.left = `${placeOf(this.#axis, BigInt(step)) * 100}%`;
    mark.addEventListener('click', () => this.#events.move(BigInt(step)));
    return mark;
  }

  #drag({ clientX }: PointerEvent): void {
    const { left, width } = this.#track.getBoundingClientRect();
    const part = Math.floor(((clientX - left) / width) * this.#axis.count);
    this.#moveTo(part);
  }

  /** Behind the last part is now. */
  #moveTo(part: number): void {
    const axis = this.#axis;
    this.#events.move(part >= axis.count ? undefined : endOf(axis, Math.max(0, part)));
  }

  #onKey(event: KeyboardEvent): void {
    const axis = this.#axis;
    const at = this.#moment === undefined ? axis.count : partOf(axis, this.#moment);
    const isForward = event.key === 'ArrowRight' || event.key === 'ArrowUp';
    const isBack = event.key === 'ArrowLeft' || event.key === 'ArrowDown';
    if (event.ctrlKey || event.metaKey) {
      if (!isForward && !isBack) return;
      this.#toPhase(isForward);
    } else if (event.key === 'Home') this.#moveTo(0);
    else if (event.key === 'End') this.#moveTo(axis.count);
    else if (event.key === 'PageUp') this.#moveTo(at + LEAP);
    else if (event.key === 'PageDown') this.#moveTo(at - LEAP);
    else if (isForward) this.#moveTo(at + 1);
    else if (isBack) this.#moveTo(at - 1);
    else return;
    event.preventDefault();
  }

  #toPhase(isForward: boolean): void {
    const steps = (this.#drawn?.phases ?? []).map(({ step }) => BigInt(step));
    const now = this.#moment;
    if (isForward) this.#events.move(now === undefined ? undefined : steps.find((step) => step > now));
    else this.#events.move(steps.reverse().find((step) => now === undefined || step < now) ?? now);
  }
}
