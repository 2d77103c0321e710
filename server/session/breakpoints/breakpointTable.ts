/** All breakpoints of a session: made from requests, laid into the machine, asked when one is reached. */
import type { Watch, WatchedAccess } from '../../../emulator/index.ts';
import { nearest } from '../../sealing/nearest.ts';
import { syntaxProblem, type BreakpointLocation, type SourcePosition } from '../../symbols/index.ts';
import { SessionError } from '../errors.ts';
import { hex, type Guest } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { CodeBreakpoints } from '../run/codeBreakpoints.ts';
import type {
  Breakpoint,
  BreakpointExtras,
  DataBreakpointRequest,
  ExceptionFilterRequest,
  FunctionBreakpointRequest,
  InstructionBreakpointRequest,
  SourceBreakpointRequest,
} from './breakpoint.ts';
import type { Breakpoints } from './breakpoints.ts';
import { BreakpointEntry } from './entry.ts';
import type { ExceptionFilters } from './exceptionFilters.ts';

type Kind = Breakpoint['kind'];

/** What the machine can follow through page tables. */
const MAX_DATA_LENGTH = 2 ** 32;

/** An entry in the machine. */
interface Installed {
  readonly entry: BreakpointEntry;
  /** Whose entries are replaced together: a kind, or a file. */
  readonly group: string;
  readonly pcs: readonly bigint[];
  readonly watch: Watch | undefined;
  /** Where the request leads now; only for those that symbols decide. */
  readonly resolve?: (() => Target) | undefined;
}

/** Hits of one moment, put together. */
export interface Hits {
  readonly stopping: readonly Breakpoint[];
  readonly logs: readonly { readonly id: number; readonly text: string }[];
  readonly problems: readonly string[];
}

/** Where a request leads, before it is laid. */
interface Target {
  readonly addresses: readonly bigint[];
  readonly verified: boolean;
  readonly message?: string | undefined;
  /** The line asked for, which at an inlined call is not the innermost one of its address. */
  readonly position?: SourcePosition | undefined;
}

export class BreakpointTable implements Breakpoints {
  readonly #guest: Guest;
  readonly #inspector: GuestInspector;
  readonly #code: CodeBreakpoints;
  readonly #filters: ExceptionFilters;
  readonly #filtersChanged: () => void;
  #installed: Installed[] = [];
  #nextId = 1;

  constructor(
    guest: Guest,
    inspector: GuestInspector,
    code: CodeBreakpoints,
    filters: ExceptionFilters,
    filtersChanged: () => void,
  ) {
    this.#guest = guest;
    this.#inspector = inspector;
    this.#code = code;
    this.#filters = filters;
    this.#filtersChanged = filtersChanged;
  }

  setSource(path: string, requests: readonly SourceBreakpointRequest[]): Breakpoint[] {
    const file = this.#guest.sources.find(path);
    return this.#replace('source', `source ${path}`, requests, ({ line }) => {
      if (this.#guest.symbols?.hasDebugInfo !== true) return missing('the image has no debug information');
      if (file === undefined)
        return missing(`the debug information knows no file ${path}; a "sourceMap" may lead to it`);
      const locations = this.#guest.symbols.breakpointLocations(file, line);
      return this.#located(locations, `no code at or after line ${line}`);
    });
  }

  setFunctions(requests: readonly FunctionBreakpointRequest[]): Breakpoint[] {
    return this.#replace('function', 'function', requests, ({ name }) => {
      const { symbols } = this.#guest;
      const wanted = name.trim();
      const locations = symbols?.functionLocations(wanted) ?? [];
      if (locations.length > 0) return this.#located(locations, '');
      const labels = (symbols?.symbols.named(wanted) ?? []).filter((symbol) => symbol.section?.executable);
      if (labels.length > 0) return { addresses: labels.map((symbol) => symbol.address), verified: true };
      return missing(this.#noFunction(wanted));
    });
  }

  setInstructions(requests: readonly InstructionBreakpointRequest[]): Breakpoint[] {
    return this.#replace('instruction', 'instruction', requests, ({ address }) =>
      address % 2n === 0n
        ? { addresses: [address], verified: true }
        : missing(`${hex(address)} is odd; instructions begin at even addresses`),
    );
  }

  setData(requests: readonly DataBreakpointRequest[]): Breakpoint[] {
    return this.#replaceData('data', requests);
  }

  setWatches(requests: readonly DataBreakpointRequest[]): Breakpoint[] {
    return this.#replaceData('watch', requests);
  }

  hitsOf(id: number): number {
    return this.#installed.find(({ entry }) => entry.breakpoint.id === id)?.entry.hits ?? 0;
  }

  setExceptions(
    requests: readonly ExceptionFilterRequest[],
  ): { readonly verified: boolean; readonly message?: string }[] {
    this.#filters.set(requests);
    this.#filtersChanged();
    return requests.map(() => ({ verified: true }));
  }

  possibleLines(path: string, first: number, last: number): number[] {
    const file = this.#guest.sources.find(path);
    if (file === undefined) return [];
    const lines =
      this.#guest.symbols?.linesWithCode(file, first, last).map((position) => position.line) ?? [];
    return [...new Set(lines)].sort((a, b) => a - b);
  }

  /**
   * Symbols have come or gone: what found no place may have one now, and the other way round.
   * @returns The breakpoints that have changed.
   */
  refresh(): Breakpoint[] {
    const changed: Breakpoint[] = [];
    this.#installed = this.#installed.map((installed) => {
      const { entry, pcs, resolve } = installed;
      const target = resolve?.();
      if (target === undefined || sameAddresses(target.addresses, entry.breakpoint.addresses))
        return installed;
      const { id, kind } = entry.breakpoint;
      entry.breakpoint = this.#describe(id, kind, target);
      changed.push(entry.breakpoint);
      const newPcs = this.#lay(target, kind);
      for (const pc of pcs) this.#code.delete(pc);
      return { ...installed, pcs: newPcs };
    });
    return changed;
  }

  all(): readonly Breakpoint[] {
    return this.#installed.map(({ entry }) => entry.breakpoint);
  }

  /** A hart is about to execute `pc`. */
  reached(hart: number, pc: bigint): Hits {
    return this.#ask(
      this.#installed.filter(({ pcs }) => pcs.includes(pc)),
      hart,
    );
  }

  /** A hart is about to make a watched access. */
  accessed(hart: number, access: WatchedAccess): Hits {
    const hit = this.#installed.filter(({ watch }) => watch !== undefined && access.watches.includes(watch));
    const names = { address: access.address, old: access.oldValue, new: access.newValue };
    return this.#ask(hit, hart, names);
  }

  #ask(installed: readonly Installed[], hart: number, names?: Readonly<Record<string, bigint>>): Hits {
    const stopping: Breakpoint[] = [];
    const logs: { id: number; text: string }[] = [];
    const problems: string[] = [];
    for (const { entry } of installed) {
      const verdict = entry.hit(this.#inspector, hart, names);
      if (verdict.kind === 'log') logs.push({ id: entry.breakpoint.id, text: verdict.text });
      if (verdict.kind === 'stop') {
        stopping.push(entry.breakpoint);
        if (verdict.problem !== undefined) problems.push(verdict.problem);
      }
    }
    return { stopping, logs, problems };
  }

  #replaceData(group: string, requests: readonly DataBreakpointRequest[]): Breakpoint[] {
    return this.#replace('data', group, requests, ({ address, length }) =>
      dataTarget(address, length, this.#isMapped(address)),
    );
  }

  #replace<Request extends BreakpointExtras>(
    kind: Kind,
    group: string,
    requests: readonly Request[],
    resolve: (request: Request) => Target,
  ): Breakpoint[] {
    const old = this.#installed.filter((each) => each.group === group);
    this.#installed = this.#installed.filter((each) => each.group !== group);
    const answers = requests.map((request) => {
      const key = JSON.stringify(request, (_, value: unknown) =>
        typeof value === 'bigint' ? hex(value) : value,
      );
      const index = old.findIndex(({ entry }) => entry.key === key && entry.breakpoint.verified);
      const installed =
        index >= 0 ? old.splice(index, 1)[0]! : this.#install(kind, group, key, request, resolve);
      this.#installed.push(installed);
      return installed.entry.breakpoint;
    });
    for (const each of old) this.#remove(each);
    return answers;
  }

  #install<Request extends BreakpointExtras>(
    kind: Kind,
    group: string,
    key: string,
    request: Request,
    resolve: (request: Request) => Target,
  ): Installed {
    const id = this.#nextId++;
    try {
      const target = this.#malformed(request) ?? resolve(request);
      const entry = new BreakpointEntry(this.#describe(id, kind, target), key, request);
      const isSymbolic = kind === 'source' || kind === 'function';
      const again = isSymbolic ? () => this.#malformed(request) ?? resolve(request) : undefined;
      if (target.verified && kind === 'data')
        return { entry, group, pcs: [], watch: this.#watch(request as unknown as DataBreakpointRequest) };
      return { entry, group, pcs: this.#lay(target, kind), watch: undefined, resolve: again };
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      const entry = new BreakpointEntry(this.#describe(id, kind, missing(error.message)), key, {});
      return { entry, group, pcs: [], watch: undefined };
    }
  }

  /** Lays a target's addresses into the machine. */
  #lay({ addresses, verified }: Target, kind: Kind): bigint[] {
    if (!verified || kind === 'data') return [];
    const pcs = addresses.flatMap((address) =>
      kind === 'instruction' ? [address] : this.#code.pcsOf(address),
    );
    for (const pc of pcs) this.#code.add(pc);
    return pcs;
  }

  /** A condition that can never be evaluated is told when it is typed, not when the breakpoint is reached. */
  #malformed({ condition = '' }: BreakpointExtras): Target | undefined {
    const problem = condition.trim() === '' ? undefined : syntaxProblem(condition, this.#guest.symbols);
    return problem === undefined ? undefined : missing(`condition "${condition}": ${problem}`);
  }

  #remove({ pcs, watch }: Installed): void {
    for (const pc of pcs) this.#code.delete(pc);
    if (watch !== undefined) this.#guest.machine.watches.delete(watch);
  }

  /** The image's own data is watched by frame: that holds before paging is on, and through every alias. */
  #watch({ address, length, access }: DataBreakpointRequest): Watch {
    const physical = this.#guest.space.physicalOf(address);
    return this.#guest.machine.watches.add({
      space: physical === undefined ? 'virtual' : 'physical',
      start: physical ?? address,
      length: BigInt(length),
      access,
    });
  }

  #isMapped(address: bigint): boolean {
    return this.#guest.machine.harts.some(
      ({ id }) => this.#inspector.memory.physicalOf(id, address) !== undefined,
    );
  }

  #describe(id: number, kind: Kind, { verified, message, addresses, position }: Target): Breakpoint {
    const first = addresses[0];
    const found =
      verified && first !== undefined && kind !== 'data' ? this.#inspector.placeOf(first) : undefined;
    const { sources } = this.#guest;
    const place =
      found && position ? { ...found, file: sources.toHost(position.path), line: position.line } : found;
    return { id, kind, verified, message, place, addresses };
  }

  #located(locations: readonly BreakpointLocation[], nothing: string): Target {
    if (locations.length === 0) return missing(nothing);
    const addresses = [...new Set(locations.map((location) => location.address))];
    return { addresses, verified: true, position: locations[0]?.position };
  }

  #noFunction(name: string): string {
    const names: string[] = [];
    for (const symbol of this.#guest.symbols?.symbols.all() ?? [])
      if (symbol.kind === 'function') names.push(symbol.name);
    const near = nearest(name, names);
    const hint = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
    return `no function ${name}${hint}`;
  }
}

function dataTarget(address: bigint, length: number, isMapped: boolean): Target {
  if (!Number.isSafeInteger(length) || length <= 0)
    return missing(`a data breakpoint needs a length in bytes, not ${length}`);
  if (length > MAX_DATA_LENGTH)
    return missing(`a data breakpoint has ${MAX_DATA_LENGTH} bytes at most, not ${length}`);
  if (address < 0n || address + BigInt(length) > 1n << 64n)
    return missing(`${length} bytes at ${hex(address)} run over the end of the address space`);
  const message = isMapped
    ? undefined
    : `nothing is mapped at ${hex(address)} now; it is watched as soon as there is`;
  return { addresses: [address], verified: true, message };
}

function sameAddresses(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.length === b.length && a.every((address, index) => address === b[index]);
}

function missing(message: string): Target {
  return { addresses: [], verified: false, message };
}
