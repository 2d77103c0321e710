/** Judges page faults: which of them are refused stores, what the policy says about those, and what is chosen. */
import type { Machine, Trap, WatchedAccess } from '../../emulator/index.ts';
import { carryOut } from '../sealing/choices.ts';
import { CHOICE_MEANING, type SealChoice, type SealPolicy } from '../sealing/choice.ts';
import { DeliveredStore } from '../sealing/deliveredStore.ts';
import type { Diagnostician } from '../sealing/diagnosis.ts';
import { Findings } from '../sealing/findings.ts';
import { refusalOf, type Refusal } from '../sealing/refusal.ts';
import type {
  Finding,
  FindingAction,
  NeighbourSymbol,
  RefusedStore,
  WriterHistory,
} from '../sealing/refusedStore.ts';
import type { Regions } from '../sealing/regions.ts';
import type { SealRegion } from '../sealing/region.ts';
import type { Rules } from '../sealing/rules.ts';
import type { SealChange, SealStatus } from '../sealing/sealEvent.ts';
import type { SealTracker } from '../sealing/sealTracker.ts';
import type { SymbolFile } from '../symbols/index.ts';
import { testCondition } from './breakpoints/entry.ts';
import type { ExceptionFilters } from './breakpoints/exceptionFilters.ts';
import { SessionError } from './errors.ts';
import type { SessionEvent } from './events.ts';
import type { GuestInspector } from './inspect/guestInspector.ts';
import type { Seals } from './seals.ts';

export interface GuestSealsParts {
  readonly machine: Machine;
  readonly symbols: SymbolFile | undefined;
  readonly inspector: GuestInspector;
  readonly regions: Regions;
  readonly tracker: SealTracker;
  readonly rules: Rules;
  readonly diagnostician: Diagnostician;
  readonly filters: ExceptionFilters;
  readonly emit: (event: SessionEvent) => void;
  readonly policy: SealPolicy;
  /** `rodata: off`: nothing is judged, the guest gets its faults. */
  readonly enabled: boolean;
}

/** `handled`: the policy has decided and prepared the machine; it only has to go on. */
export type Judgement =
  'handled' | { readonly refused: RefusedStore; readonly problem: string | undefined } | undefined;

interface Pending {
  readonly refused: RefusedStore;
  readonly refusal: Refusal;
}

const MAX_SYMBOLS = 100_000;
/** What-if seals may be written by thousands of stores: one diagnosis for each instruction and address, then counts. */
const WHAT_IF_TOLD = 1;

export class GuestSeals implements Seals {
  policy: SealPolicy;
  readonly #parts: GuestSealsParts;
  readonly #findings = new Findings();
  readonly #delivered = new DeliveredStore();
  #count = 0;
  #pending: Pending | undefined;
  #chosen: SealChoice | undefined;
  /** The store that was judged last. */
  #decided: { readonly hart: number; readonly step: bigint } | undefined;

  constructor(parts: GuestSealsParts) {
    this.#parts = parts;
    this.policy = parts.policy;
  }

  get regions(): readonly SealRegion[] {
    return this.#parts.regions.all;
  }

  regionOf(linked: bigint): SealRegion | undefined {
    const { regions } = this.#parts;
    return regions.intends(linked) ? regions.at(linked) : undefined;
  }

  status(): SealStatus[] {
    return this.regions.map((region) => this.#parts.tracker.status(region));
  }

  symbols(pattern = ''): NeighbourSymbol[] {
    const { diagnostician } = this.#parts;
    const wanted = pattern.toLowerCase();
    const found = new Map<bigint, NeighbourSymbol>();
    for (const { start, end } of this.regions)
      for (const symbol of diagnostician.objectsWithin(start, end, MAX_SYMBOLS))
        if (symbol.inRegion && symbol.name.toLowerCase().includes(wanted)) found.set(symbol.address, symbol);
    return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
  }

  get changes(): readonly SealChange[] {
    return this.#parts.tracker.changes;
  }

  get findings(): readonly Finding[] {
    return this.#findings.list();
  }

  findingOf(refused: RefusedStore): Finding | undefined {
    return this.#findings.of(refused);
  }

  writersOf(address: bigint, size: number): WriterHistory | undefined {
    const { inspector, diagnostician, machine } = this.#parts;
    const physical = inspector.memory.physicalOf(machine.currentHart, address);
    return physical === undefined ? undefined : diagnostician.writersOf(physical, size);
  }

  get degraded(): boolean {
    return this.#parts.tracker.degraded;
  }

  get pending(): RefusedStore | undefined {
    return this.#pending?.refused;
  }

  get chosen(): SealChoice | undefined {
    return this.#chosen;
  }

  choose(choice: SealChoice): void {
    if (this.#pending === undefined)
      throw new SessionError(
        'state',
        `no refused store waits for "${choice}"; choices are made where one has stopped`,
      );
    if (!Object.hasOwn(CHOICE_MEANING, choice))
      throw new SessionError(
        'request',
        `"${choice}" is no choice; there are ${Object.keys(CHOICE_MEANING).join(', ')}`,
      );
    this.#chosen = choice;
  }

  exposedByRetry(): NeighbourSymbol[] {
    const { refused } = this.#pending ?? {};
    return refused?.whatIf !== undefined
      ? []
      : (refused?.neighbours ?? []).filter((symbol) => symbol.inRegion);
  }

  /** Cheap: whether a trap has to be looked at at all. Asked inside the machine's run. */
  concerns(trap: Trap): boolean {
    return this.#parts.enabled && refusalOf(this.#parts.machine, trap) !== undefined;
  }

  /** A trap the machine has stopped at: undefined when no seal is behind it, or a rule lets it pass to the guest. */
  judge(trap: Trap): Judgement {
    const { machine, enabled } = this.#parts;
    const refusal = enabled ? refusalOf(machine, trap) : undefined;
    if (refusal === undefined) return undefined;
    return this.judgeStore(refusal);
  }

  /**
   * Inside the machine's run: whether a store to bytes with a what-if seal has to stop it. One that only has to be
   * counted does not.
   */
  stopsAtWhatIf({ hart, pc, address, step, oldValue, newValue }: Omit<WatchedAccess, 'watches'>): boolean {
    // A page has refused the same store and it was let through: that decision holds.
    if (this.#decided?.step === step && this.#decided.hart === hart) return false;
    if (this.policy !== 'log' && this.policy !== 'write-once') return true;
    const store = { pc, address, step, redundant: oldValue === newValue };
    return !this.#findings.repeats(store, this.policy, WHAT_IF_TOLD);
  }

  /** A store at which the machine has stopped, whatever refuses it, or should: undefined when a rule lets it pass. */
  judgeStore(refusal: Refusal): Judgement {
    const { machine, inspector, rules, diagnostician, filters, emit } = this.#parts;
    const { pc, step, hart } = refusal.trap;
    this.#decided = { hart, step };
    if (this.#delivered.isRetried(machine, refusal.trap)) {
      carryOut(machine, refusal, 'oops');
      return 'handled';
    }
    const isIgnored = rules.ignores(pc, inspector.places.chainAt(pc)) !== undefined;
    const policy = isIgnored ? 'ignored' : actionOf(this.policy, refusal);
    const opens = policy === 'retry' || (policy === 'log' && refusal.whatIf === undefined);
    if (
      policy !== 'ask' &&
      !opens &&
      this.#findings.repeats({ pc, address: refusal.store.address, step }, policy)
    ) {
      if (policy === 'ignored') return undefined;
      carryOut(machine, refusal, policy);
      return 'handled';
    }
    const refused = diagnostician.diagnose(refusal, isIgnored ? 0 : ++this.#count);
    const add = (action: FindingAction): void => {
      this.#findings.add(refused, action);
      emit({ type: 'refusedStore', step, refused, action });
    };
    if (policy === 'ignored') {
      add('ignored');
      return undefined;
    }
    const holds = policy === 'ask' && stopsAt(filters, refusal) && this.#conditionHolds(refused);
    if (holds !== false) {
      this.#pending = { refused, refusal };
      this.#chosen = undefined;
      add('ask');
      return { refused, problem: typeof holds === 'string' ? holds : undefined };
    }
    const action = policy === 'ask' ? byItself(refusal) : policy;
    add(action);
    this.#carryOut({ refused, refusal }, action);
    return 'handled';
  }

  /** The machine goes on: what was chosen about the store that waits happens now. */
  settle(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const action = this.#chosen ?? byItself(pending.refusal);
    this.#pending = undefined;
    this.#chosen = undefined;
    this.#findings.settle(pending.refused, action);
    this.#carryOut(pending, action);
    this.#parts.emit({ type: 'settled', step: pending.refused.step, refused: pending.refused, action });
  }

  /** A hart was moved: its store no longer waits. */
  moved(hart: number): void {
    if (this.#pending?.refused.hart !== hart) return;
    this.#pending = undefined;
    this.#chosen = undefined;
  }

  #carryOut({ refused, refusal }: Pending, action: SealChoice): void {
    const { machine, tracker } = this.#parts;
    const opensPage = refusal.bypass === undefined && refusal.whatIf === undefined;
    if (opensPage && (action === 'retry' || action === 'log'))
      tracker.degrade(refused, () => carryOut(machine, refusal, action));
    else carryOut(machine, refusal, action);
    if (action === 'oops') this.#delivered.note(refused);
  }

  /** True, false, or why it cannot be told. */
  #conditionHolds(refused: RefusedStore): boolean | string {
    const { filters } = this.#parts;
    const condition = refused.whatIf === undefined ? filters.sealedWriteCondition : filters.whatIfCondition;
    if (condition === undefined) return true;
    const names = {
      address: refused.address,
      size: BigInt(refused.size),
      old: refused.oldValue,
      new: refused.newValue,
      redundant: refused.redundant ? 1n : 0n,
    };
    return testCondition(condition, this.#parts.inspector, refused.hart, names);
  }
}

function stopsAt(filters: ExceptionFilters, { bypass, whatIf }: Refusal): boolean {
  if (whatIf !== undefined) return filters.stopsAtWhatIf;
  return bypass === undefined ? filters.stopsAtSealedWrites : filters.stopsAtBypasses;
}

/** What happens where nobody decides: the trap; but the hardware lets a bypass pass. */
function byItself({ bypass }: Refusal): SealChoice {
  return bypass === undefined ? 'oops' : 'write-once';
}

/** A bypass is the hardware's course, so that a policy for refused stores only decides whether it is skipped. */
function actionOf(policy: SealPolicy, { bypass }: Refusal): SealPolicy {
  return bypass !== undefined && (policy === 'oops' || policy === 'retry') ? 'write-once' : policy;
}
