/** What the parts of a session share: the machine, what is known about the program in it, and nothing that acts. */
import type { Machine, Hart } from '../../emulator/index.ts';
import type { AddressSpace } from '../sealing/addressSpace.ts';
import type { SymbolFile } from '../symbols/index.ts';
import { SessionError } from './errors.ts';
import type { Sources } from './sources.ts';

export interface Guest {
  readonly machine: Machine;
  readonly symbols: SymbolFile | undefined;
  readonly space: AddressSpace;
  readonly sources: Sources;
}

/** @throws SessionError `request` when there is no such hart. */
export function hartOf(guest: Guest, hart: number): Hart {
  const found = guest.machine.harts[hart];
  if (found !== undefined) return found;
  const last = guest.machine.harts.length - 1;
  throw new SessionError(
    'request',
    `there is no hart ${hart}; this machine has ${last === 0 ? 'hart 0 only' : `0 to ${last}`}`,
  );
}

export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
