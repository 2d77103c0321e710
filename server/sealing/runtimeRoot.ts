/**
 * Why code runs now: the SBI HSM event that brought its hart up, or the outermost function of its stack. This is
 * what turns "a store in cpu_detect_features()" into "because hart 1 came back from suspend".
 */
import type { HartEvent } from '../../emulator/index.ts';
import type { CodePlace } from './codePlace.ts';
import { grouped } from './grouped.ts';
import type { RuntimeRoot } from './refusedStore.ts';

/** A hart event with the stack of the hart that caused it, taken when it happened. */
interface RootEvent {
  readonly event: HartEvent;
  readonly stack: readonly CodePlace[];
}

/** Wrappers around the ecall that nobody wants to read. */
const WRAPPER = /^_*sbi_|ecall$/;
/** Where every path begins, and what therefore explains none. */
const BEGINNING =
  /^_*(start(_kernel)?|head|entry|main|kernel_main|kmain|rest_init|kernel_init|kthread|ret_from_.*)$/;

/**
 * Function names that tell which path of a running kernel this is. The most telling pattern comes first: a resume runs
 * on secondary harts too, and may itself begin in an interrupt. It is a guess by name, and worded as one.
 */
const PATHS: readonly { readonly name: RegExp; readonly meaning: string }[] = [
  { name: /resume|thaw|restore_/, meaning: 'the machine comes back from suspend' },
  { name: /hotplug|cpuhp|(^|_)cpu_(up|down|online)|(^|_)online_/, meaning: 'a CPU is brought up after boot' },
  { name: /module/, meaning: 'a module is loaded or unloaded' },
  { name: /probe/, meaning: 'a device is probed' },
  { name: /(^|_)(late|register|unregister|attach)(_|$)/, meaning: 'something registers itself after init' },
  { name: /suspend|hibernate|freeze/, meaning: 'the machine goes to sleep' },
  { name: /(^|_)(irq|interrupt|do_softirq)/, meaning: 'an interrupt is handled' },
];

export class RuntimeRoots {
  /** The latest start or resume of each hart. */
  readonly #latest = new Map<number, RootEvent>();
  readonly #suspends = new Map<number, RootEvent>();

  /** @param stack Of the hart that caused the event; empty when nobody did. */
  note(event: HartEvent, stack: readonly CodePlace[]): void {
    if (event.kind === 'suspend') this.#suspends.set(event.hart, { event, stack });
    if (event.kind === 'start' || (event.kind === 'resume' && !event.retentive))
      this.#latest.set(event.hart, { event, stack });
  }

  /** @param stack Of the hart now, innermost first. */
  of(hart: number, stack: readonly CodePlace[]): RuntimeRoot {
    const root = this.#latest.get(hart);
    if (root !== undefined && root.event.step > 0n) {
      return root.event.kind === 'start' ? started(hart, root) : this.#resumed(hart, root);
    }
    const named = stack.filter((place) => place.function !== '');
    const outermost = named.findLast((place) => !BEGINNING.test(place.function)) ?? named.at(-1);
    const text =
      outermost === undefined
        ? `hart ${hart}, boot path`
        : `hart ${hart}, from ${outermost.function}${sourceText(outermost)}${pathText(named)}`;
    return {
      kind: root === undefined ? 'call' : 'boot',
      text,
      place: outermost,
      step: root?.event.step,
      byHart: undefined,
    };
  }

  #resumed(hart: number, { event }: RootEvent): RuntimeRoot {
    const suspend = this.#suspends.get(hart);
    const place = suspend && callerOf(suspend.stack);
    const since =
      suspend === undefined ? '' : `, suspended at step ${grouped(suspend.event.step)}${fromText(place)}`;
    return {
      kind: 'hart-resume',
      text: `hart ${hart} resumed at step ${grouped(event.step)}${since}`,
      place,
      step: event.step,
      byHart: event.by,
    };
  }
}

function started(hart: number, { event, stack }: RootEvent): RuntimeRoot {
  const place = callerOf(stack);
  const by = event.by === undefined ? '' : ` by hart ${event.by}`;
  return {
    kind: 'hart-start',
    text: `hart ${hart} started${by} at step ${grouped(event.step)}${fromText(place)}`,
    place,
    step: event.step,
    byHart: event.by,
  };
}

/** `: a CPU is brought up after boot (cpu_hotplug_cycle)`. */
function pathText(stack: readonly CodePlace[]): string {
  for (const { name, meaning } of PATHS) {
    const place = stack.findLast((each) => name.test(each.function));
    if (place !== undefined) return `: ${meaning} (${place.function})`;
  }
  return '';
}

/** The innermost function of a stack that is no wrapper around an ecall. */
export function callerOf(stack: readonly CodePlace[]): CodePlace | undefined {
  return stack.find((place) => place.function !== '' && !WRAPPER.test(place.function)) ?? stack[0];
}

function fromText(place: CodePlace | undefined): string {
  return place === undefined || place.function === '' ? '' : ` from ${place.function}${sourceText(place)}`;
}

function sourceText({ file, line }: CodePlace): string {
  return file === undefined ? '' : ` (${file.slice(file.lastIndexOf('/') + 1)}:${line ?? 0})`;
}
