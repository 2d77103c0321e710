/** Listens to the machine while it runs: console, harts that start and stop, and which traps are worth stopping for. */
import type { HartEvent, Trap } from '../../emulator/index.ts';
import { STORE_PAGE_FAULT } from '../sealing/refusal.ts';
import type { RuntimeRoots } from '../sealing/runtimeRoot.ts';
import type { ExceptionFilters } from './breakpoints/exceptionFilters.ts';
import type { SessionEvent } from './events.ts';
import type { GuestWindows } from './windows/guestWindows.ts';
import type { GuestWriteOnce } from './writeOnce/guestWriteOnce.ts';
import type { Guest } from './guest.ts';
import type { GuestSeals } from './guestSeals.ts';
import type { GuestPhases } from './phases.ts';
import type { GuestInspector } from './inspect/guestInspector.ts';

export interface ObservationParts {
  readonly guest: Guest;
  readonly seals: GuestSeals;
  readonly filters: ExceptionFilters;
  readonly roots: RuntimeRoots;
  readonly phases: GuestPhases;
  readonly inspector: GuestInspector;
  readonly windows: GuestWindows;
  readonly writeOnce: GuestWriteOnce;
  readonly emit: (event: SessionEvent) => void;
}

export interface Observation {
  /** The exception filters, or what windows wait for, are others now. */
  filtersChanged(): void;
  dispose(): void;
}

/** ecall from S (privileged spec), and SBI's Hart State Management extension: "HSM", function 0 starts a hart. */
const SUPERVISOR_CALL = 9;
const HSM = 0x48534dn;
const HSM_HART_START = 0n;
const EVERY_TRAP = (1n << 64n) - 1n;
const A0 = 10;
const A1 = 11;
const A6 = 16;
const A7 = 17;

export function observeMachine({
  guest,
  seals,
  filters,
  roots,
  phases,
  inspector,
  windows,
  writeOnce,
  emit,
}: ObservationParts): Observation {
  const { machine } = guest;
  const decoder = new TextDecoder();
  /** Firmware inside the guest starts harts unseen by the machine: its calls are watched instead. */
  const hasGuestFirmware = machine.config.firmware !== 'builtin';

  const noteHart = (event: HartEvent): void => {
    const stack = event.by === undefined ? [] : inspector.stacks.places(event.by);
    roots.note(event, stack);
    phases.noteHart(event, stack);
  };

  const watchCall = (trap: Trap): void => {
    const hart = machine.harts[trap.hart]!;
    if (hart.register(A7) !== HSM || hart.register(A6) !== HSM_HART_START) return;
    const target = Number(hart.register(A0));
    const address = hart.register(A1);
    noteHart({ kind: 'start', step: trap.step, hart: target, by: trap.hart, address, retentive: false });
  };

  const dispose = machine.observe({
    console: (bytes) => {
      emit({ type: 'console', step: machine.step, bytes, text: decoder.decode(bytes, { stream: true }) });
    },
    hart: noteHart,
  });
  machine.trapDecider = (trap) => {
    if (hasGuestFirmware && !trap.interrupt && trap.cause === SUPERVISOR_CALL) watchCall(trap);
    windows.tracker.trapped(trap.hart);
    return seals.concerns(trap) || writeOnce.concerns(trap) || filters.matches(trap);
  };
  const filtersChanged = (): void => {
    const asked = filters.machineFilter;
    const always = (1n << BigInt(STORE_PAGE_FAULT)) | (hasGuestFirmware ? 1n << BigInt(SUPERVISOR_CALL) : 0n);
    machine.trapFilter = windows.tracker.awaitsTraps
      ? { exceptions: EVERY_TRAP, interrupts: EVERY_TRAP }
      : { exceptions: asked.exceptions | always, interrupts: asked.interrupts };
  };
  filtersChanged();
  return { filtersChanged, dispose };
}
