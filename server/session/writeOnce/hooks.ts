/** Watches what specifications of write-once memory name: calls of functions, or markers that the guest executes. */
import { nearest } from '../../sealing/nearest.ts';
import type { FunctionsSpec, MarkedSpec, WriteOnceSpec } from '../../sealing/writeOnce/specification.ts';
import type { Call, WriteOnceMemory } from '../../sealing/writeOnce/writeOnceMemory.ts';
import { EvaluationError } from '../../symbols/index.ts';
import { SessionError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import type { Guest } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { CodeBreakpoints } from '../run/codeBreakpoints.ts';
import type { CallWatch, Entered } from './callWatch.ts';
import { checkedExpression, HookArguments } from './hookArguments.ts';
import { findMarkers, type Marker } from './markers.ts';

export interface HooksParts {
  readonly guest: Guest;
  readonly inspector: GuestInspector;
  readonly code: CodeBreakpoints;
  readonly memory: WriteOnceMemory;
  readonly calls: CallWatch;
  readonly emit: (event: SessionEvent) => void;
}

const A0 = 10;
const A1 = 11;
const A2 = 12;

export class Hooks {
  readonly #parts: HooksParts;
  readonly #arguments: HookArguments;
  /** Hooks whose expressions cannot be evaluated: told once. */
  readonly #broken = new Set<string>();

  constructor(parts: HooksParts) {
    this.#parts = parts;
    this.#arguments = new HookArguments(parts.inspector, (hart, index) => this.#register(hart, index));
  }

  /** @throws SessionError `configuration` when a specification names what the image does not have. */
  add(specs: readonly WriteOnceSpec[]): void {
    for (const [index, spec] of specs.entries()) {
      const path = `writeOnce[${index}]`;
      if ('markers' in spec) this.#marked(path, spec);
      else this.#functions(path, spec);
      for (const [each, name] of spec.closedIn.entries())
        this.#add(`${path}.closedIn[${each}]`, name, (hart) => {
          this.#parts.memory.enters(hart, spec.name);
          return undefined;
        });
      for (const [each, name] of spec.makeWritable.entries())
        this.#addressesOf(`${path}.makeWritable[${each}]`, name);
    }
  }

  #functions(path: string, { name, alloc, initOnce, free }: FunctionsSpec): void {
    const { memory } = this.#parts;
    const { symbols } = this.#parts.guest;
    const check = (hook: string, text: string): string => checkedExpression(`${path}.${hook}`, text, symbols);
    const object = check('alloc.object', alloc.object);
    const size = check('alloc.size', alloc.size);
    const cache = alloc.cache === undefined ? undefined : check('alloc.cache', alloc.cache);
    this.#add(`${path}.alloc.function`, alloc.function, (hart) => {
      const bytes = Number(this.#arguments.number(hart, size));
      const label = cache === undefined ? undefined : this.#arguments.text(hart, cache);
      const call = memory.allocBegins(hart, name, bytes, label);
      return () => {
        memory.ends(call, this.#arguments.number(hart, object));
      };
    });

    const initialised = check('initOnce.object', initOnce.object);
    const callback =
      initOnce.callback === undefined ? undefined : check('initOnce.callback', initOnce.callback);
    this.#add(`${path}.initOnce.function`, initOnce.function, (hart) => {
      const address = this.#arguments.number(hart, initialised);
      const target = callback === undefined ? undefined : this.#arguments.number(hart, callback);
      const call = memory.initBegins(hart, name, address, target !== undefined);
      const stopWatching = target === undefined ? undefined : this.#watchCallback(call, target);
      return () => {
        stopWatching?.();
        memory.ends(call);
      };
    });

    const freed = check('free.object', free.object);
    this.#add(`${path}.free.function`, free.function, (hart) => {
      const call = memory.freeBegins(hart, name, this.#arguments.number(hart, freed));
      return () => memory.ends(call);
    });
  }

  #marked(path: string, { name }: MarkedSpec): void {
    const { guest, calls, code } = this.#parts;
    const markers = findMarkers(guest);
    if (markers.length === 0)
      throw new SessionError(
        'configuration',
        `"${path}" has "markers", but the image has none; docs/write-once.md says how to write them`,
      );
    const open: Call[] = [];
    for (const { address, marker } of markers)
      for (const pc of code.pcsOf(address))
        calls.add(pc, (hart) => {
          this.#reached(marker, hart, name, open);
          return undefined;
        });
  }

  /** @param open Calls that have begun, innermost last. */
  #reached(marker: Marker, hart: number, name: string, open: Call[]): void {
    const { memory } = this.#parts;
    const object = this.#register(hart, A0);
    const innermost = (kind: Call['kind']): Call | undefined =>
      open.findLast((call) => call.hart === hart && call.kind === kind);
    const end = (call: Call | undefined): void => {
      if (call === undefined) return;
      open.splice(open.indexOf(call), 1);
      memory.ends(call);
    };
    switch (marker) {
      case 'allocated': {
        const label = this.#register(hart, A2);
        const cache = label === 0n ? undefined : this.#arguments.text(hart, '(char *)$a2');
        const size = Number(this.#register(hart, A1));
        memory.ends(memory.allocBegins(hart, name, size, cache), object);
        break;
      }
      case 'initBegins':
        open.push(memory.initBegins(hart, name, object, false));
        break;
      case 'initEnds':
        end(innermost('initOnce'));
        break;
      case 'freeBegins':
        open.push(memory.freeBegins(hart, name, object));
        break;
      case 'freeEnds':
        end(innermost('free'));
        break;
    }
  }

  #watchCallback(call: Call, target: bigint): () => void {
    return this.#parts.calls.add(target, (hart) => {
      if (hart !== call.hart || call.kind !== 'initOnce') return undefined;
      call.inCallback = true;
      return () => {
        call.inCallback = false;
      };
    });
  }

  #add(attribute: string, name: string, entered: Entered): void {
    const guarded: Entered = (hart) => this.#guard(attribute, name, () => entered(hart), hart);
    for (const pc of this.#addressesOf(attribute, name)) this.#parts.calls.add(pc, guarded);
  }

  /** An expression that means nothing in this guest is told once; the call is then not followed. */
  #guard(
    attribute: string,
    name: string,
    entered: () => ReturnType<Entered>,
    hart: number,
  ): ReturnType<Entered> {
    const complain = (error: unknown): undefined => {
      if (!(error instanceof EvaluationError)) throw error;
      if (this.#broken.has(attribute)) return undefined;
      this.#broken.add(attribute);
      const text = `"${attribute}": calls of ${name} are not followed: ${error.message}`;
      this.#parts.emit({ type: 'log', step: this.#parts.guest.machine.step, text });
      return undefined;
    };
    try {
      const returned = entered();
      return (
        returned &&
        (() => {
          try {
            returned(hart);
          } catch (error) {
            complain(error);
          }
        })
      );
    } catch (error) {
      complain(error);
      return;
    }
  }

  #addressesOf(attribute: string, name: string): bigint[] {
    const { symbols } = this.#parts.guest;
    const address = symbols?.symbols.addressOf(name);
    if (address !== undefined) return this.#parts.code.pcsOf(address);
    const names = [...(symbols?.symbols.all() ?? [])].map((symbol) => symbol.name);
    const near = nearest(name, names);
    const instead =
      names.length === 0
        ? 'the image has no symbols'
        : near.length > 0
          ? `did you mean ${near.join(' or ')}?`
          : '';
    throw new SessionError(
      'configuration',
      `"${attribute}" is "${name}", but the image has no such function${instead === '' ? '' : `; ${instead}`}`,
    );
  }

  #register(hart: number, index: number): bigint {
    return this.#parts.guest.machine.harts[hart]!.register(index);
  }
}
