/** Looks places up in symbols, sections, regions and the page tables. */
import type { NeighbourSymbol } from '../../sealing/refusedStore.ts';
import { EvaluationError, strip, type ElfSymbol, type Value } from '../../symbols/index.ts';
import { SessionError } from '../errors.ts';
import { hex, type Guest } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { Frame } from '../inspect/inspector.ts';
import type { Seals } from '../seals.ts';
import { counted } from '../report/format.ts';
import type { Description, Hit, Located, Lookup } from './lookup.ts';
import { rank } from './ranking.ts';

export interface GuestLookupParts {
  readonly guest: Guest;
  readonly inspector: GuestInspector;
  readonly seals: Seals;
  /** Objects and functions in a range of linked addresses. */
  readonly symbolsIn: (start: bigint, end: bigint) => readonly NeighbourSymbol[];
}

const PAGE = 4096n;
const MAX_NEIGHBOURS = 16;
const FLAGS = 0xfen;

export class GuestLookup implements Lookup {
  readonly #parts: GuestLookupParts;

  constructor(parts: GuestLookupParts) {
    this.#parts = parts;
  }

  find(query: string, limit: number): Hit[] {
    const wanted = query.trim();
    if (wanted === '') return [];
    const exact = this.#expression(wanted);
    const named = rank(wanted, this.#candidates(), limit).map(({ hit }) => hit());
    // A name alone is an expression too: the symbol says more than the address.
    const isNamed = named.some(({ label, address }) => label === wanted && address === exact?.address);
    return [...(exact === undefined || isNamed ? [] : [exact]), ...named].slice(0, limit);
  }

  locate(target: { readonly expression: string; readonly frame?: Frame | undefined } | bigint): Located {
    if (typeof target === 'bigint') return this.#located(target, undefined);
    const value = this.#parts.inspector.evaluatePurely(target.expression, target.frame);
    const address = placeOf(value);
    if (address === undefined)
      throw new SessionError('request', `${target.expression} is not in memory, and is no pointer either`);
    return this.#located(address, value.place.kind === 'memory' ? value.type.size : undefined);
  }

  describe(target: string | bigint): Description | undefined {
    const { guest, inspector, seals, symbolsIn } = this.#parts;
    const symbol = this.#symbol(target);
    if (symbol === undefined) return undefined;
    const { name, address, size, kind } = symbol;
    const page = address - (address % PAGE);
    const others = symbolsIn(page, page + PAGE).filter((other) => other.address !== address);
    const region = seals.regionOf(address);
    const leaf = inspector.walk(address).steps.at(-1);
    const isMapped = inspector.walk(address).permissions !== undefined;
    return {
      name,
      address,
      size,
      kind: kind === 'function' ? 'function' : size > 0 ? 'object' : 'label',
      section: guest.space.sectionAt(address)?.name,
      region,
      sealedBy: region && seals.status().find((status) => status.region === region)?.sealedLast,
      page,
      pageFlags: isMapped && leaf !== undefined ? Number(leaf.entry & FLAGS) : undefined,
      neighbours: others.slice(0, MAX_NEIGHBOURS).map((other) => other.name),
      neighbourCount: others.length,
      writers: size === 0 ? undefined : seals.writersOf(address, size),
      value: kind === 'function' ? undefined : this.#valueOf(name, address),
    };
  }

  #symbol(target: string | bigint): ElfSymbol | undefined {
    const { symbols, space } = this.#parts.guest;
    if (typeof target === 'string') return symbols?.symbols.find(target);
    return symbols?.symbols.nearest(space.linkedOf(target))?.symbol;
  }

  /** What a name means to a C programmer, if that is at this address. */
  #valueOf(name: string, address: bigint): Value | undefined {
    try {
      const value = this.#parts.inspector.evaluatePurely(name);
      return value.address === address ? value : undefined;
    } catch (error) {
      if (error instanceof EvaluationError || error instanceof SessionError) return undefined;
      throw error;
    }
  }

  #expression(text: string): Hit | undefined {
    try {
      const value = this.#parts.inspector.evaluatePurely(text);
      const address = placeOf(value);
      if (address === undefined) return undefined;
      const { symbol, section, mapped } = this.#located(address, undefined);
      // A number that is no address may well be part of a name.
      const isAddress = value.address !== undefined || strip(value.type).kind === 'pointer';
      if (!isAddress && !mapped && !/^0x/i.test(text)) return undefined;
      const detail = [symbol, section].filter((part) => part !== undefined).join(', ');
      return { label: hex(address), detail, kind: 'address', address, size: undefined, mapped };
    } catch (error) {
      if (error instanceof EvaluationError || error instanceof SessionError) return undefined;
      throw error;
    }
  }

  *#candidates(): Generator<{ readonly name: string; readonly hit: () => Hit }> {
    const { guest, seals } = this.#parts;
    const hit = (label: string, kind: Hit['kind'], address: bigint, size: number, detail: string): Hit => ({
      ...{ label, kind, address, size, detail },
      mapped: this.#isMapped(address),
    });
    for (const { name, start, end } of seals.regions)
      yield { name, hit: () => hit(name, 'region', start, Number(end - start), 'sealed region') };
    for (const { name, address, size } of guest.space.sections)
      yield { name, hit: () => hit(name, 'section', address, size, `section, ${counted(size, 'byte')}`) };
    for (const { name, address, size, kind, section } of guest.symbols?.symbols.all() ?? []) {
      const what = kind === 'function' ? 'function' : size > 0 ? 'object' : 'label';
      const detail = [what, ...(size > 0 ? [counted(size, 'byte')] : []), ...(section ? [section.name] : [])];
      yield { name, hit: () => hit(name, 'symbol', address, size, detail.join(', ')) };
    }
  }

  #located(address: bigint, size: number | undefined): Located {
    const { guest, inspector } = this.#parts;
    const walk = inspector.walk(address);
    const mapped = walk.physical !== undefined;
    return {
      address,
      size,
      symbol: inspector.nameOf(address),
      section: guest.space.sectionAt(guest.space.linkedOf(address))?.name,
      page: address - (address % PAGE),
      mapped,
      problem: mapped ? undefined : (walk.problem ?? 'nothing is mapped there'),
    };
  }

  #isMapped(address: bigint): boolean {
    return this.#parts.inspector.walk(address).physical !== undefined;
  }
}

/** Where a value lies; of one that lies nowhere, where it points to. */
function placeOf(value: Value): bigint | undefined {
  if (value.address !== undefined) return value.address;
  const { kind } = strip(value.type);
  return kind === 'struct' || kind === 'union' || kind === 'class' || kind === 'array'
    ? undefined
    : value.toBigInt();
}
