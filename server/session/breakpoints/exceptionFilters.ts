/** Traps to catch before they are delivered. */
import type { Trap, TrapFilter } from '../../../emulator/index.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { ExceptionFilter, ExceptionFilterRequest } from './breakpoint.ts';
import type { PermissionStopKind } from '../timeline/timeline.ts';
import { testCondition } from './entry.ts';

/** Exception causes by filter (privileged spec, table "Supervisor cause register values"). */
const CAUSES: Readonly<Record<ExceptionFilter, readonly number[]>> = {
  sealedWrite: [15],
  whatIf: [],
  bypass: [],
  window: [],
  writeOnce: [],
  permissionGain: [],
  permissionWx: [],
  permissionAlias: [],
  pageFault: [12, 13, 15],
  illegalInstruction: [2],
  anyTrap: [],
};
const EVERY_CAUSE = (1n << 64n) - 1n;

export class ExceptionFilters {
  /** Filters that are on, with their conditions. What concerns seals is, until somebody says otherwise. */
  #on = new Map<ExceptionFilter, string | undefined>([
    ['sealedWrite', undefined],
    ['whatIf', undefined],
    ['bypass', undefined],
    ['window', undefined],
    ['writeOnce', undefined],
  ]);

  set(requests: readonly ExceptionFilterRequest[]): void {
    this.#on = new Map(
      requests.map(({ filter, condition }) => [filter, condition?.trim() === '' ? undefined : condition]),
    );
  }

  get stopsAtSealedWrites(): boolean {
    return this.#on.has('sealedWrite');
  }

  get stopsAtBypasses(): boolean {
    return this.#on.has('bypass');
  }

  get stopsAtWindows(): boolean {
    return this.#on.has('window');
  }

  /** Steps that a window may be open, where the user says so; text that is no number counts for none. */
  get windowSteps(): bigint | undefined {
    const text = this.#on.get('window')?.replaceAll(/[\s_,]/g, '') ?? '';
    return /^\d+$/.test(text) ? BigInt(text) : undefined;
  }

  stopsAtPermission(kind: PermissionStopKind): boolean {
    return this.#on.has(kind);
  }

  get stopsAtWriteOnce(): boolean {
    return this.#on.has('writeOnce');
  }

  get writeOnceCondition(): string | undefined {
    return this.#on.get('writeOnce');
  }

  get stopsAtWhatIf(): boolean {
    return this.#on.has('whatIf');
  }

  get whatIfCondition(): string | undefined {
    return this.#on.get('whatIf');
  }

  get sealedWriteCondition(): string | undefined {
    return this.#on.get('sealedWrite');
  }

  /** What the machine has to ask about for these filters; sealed writes are asked about by whoever judges them. */
  get machineFilter(): TrapFilter {
    if (this.#on.has('anyTrap')) return { exceptions: EVERY_CAUSE, interrupts: EVERY_CAUSE };
    let exceptions = 0n;
    for (const filter of this.#on.keys())
      if (filter !== 'sealedWrite') for (const cause of CAUSES[filter]) exceptions |= 1n << BigInt(cause);
    return { exceptions, interrupts: 0n };
  }

  /** A filter wants this trap; conditions are not asked. */
  matches(trap: Trap): boolean {
    return this.#matching(trap).length > 0;
  }

  /** A filter wants this trap and its condition holds, or cannot be told: then the reason. */
  catches(trap: Trap, inspector: GuestInspector): boolean | string {
    const names = {
      cause: BigInt(trap.cause),
      tval: trap.value,
      epc: trap.pc,
      interrupt: trap.interrupt ? 1n : 0n,
    };
    for (const filter of this.#matching(trap)) {
      const condition = this.#on.get(filter);
      const holds = condition === undefined || testCondition(condition, inspector, trap.hart, names);
      if (holds !== false) return holds;
    }
    return false;
  }

  #matching(trap: Trap): ExceptionFilter[] {
    return [...this.#on.keys()].filter((filter) => {
      if (filter === 'anyTrap') return true;
      return filter !== 'sealedWrite' && !trap.interrupt && CAUSES[filter].includes(trap.cause);
    });
  }
}
