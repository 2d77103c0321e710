/**
 * Guest memory as a debugger sees it: through a hart's page tables, whatever they permit, and where they do not
 * translate yet, through the place the image was loaded at. Devices are never read: reading them changes them.
 */
import type { Memory } from '../../symbols/index.ts';
import { SessionError } from '../errors.ts';
import { hartOf, hex, type Guest } from '../guest.ts';
import type { MemoryRead, MemorySpace } from './inspector.ts';

const PAGE = 4096n;

export class GuestMemory {
  readonly #guest: Guest;
  readonly #changed: (address: bigint, length: number) => void;

  /** @param changed Told about each write. */
  constructor(guest: Guest, changed: (address: bigint, length: number) => void) {
    this.#guest = guest;
    this.#changed = changed;
  }

  /** Guest-physical address, or undefined where nothing is mapped. */
  physicalOf(hart: number, address: bigint): bigint | undefined {
    const { machine, space } = this.#guest;
    // Firmware runs untranslated, but the kernel it interrupted is what a user asks about.
    for (const satp of [machine.virtual.dataSatp(hart), machine.virtual.satp(hart)]) {
      const translation = machine.virtual.translate(hart, address, satp);
      const physical = translation.ok ? translation.physical : undefined;
      // Under `bare` every address translates; only RAM means something.
      if (physical !== undefined && machine.memory.read(physical, 1) !== undefined) return physical;
    }
    return space.physicalOf(address);
  }

  read(address: bigint, length: number, space: MemorySpace = {}): MemoryRead {
    const hart = hartOf(this.#guest, space.hart ?? 0).id;
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const piece = Math.min(length - done, Number(PAGE - (at % PAGE)));
      const physical = space.physical === true ? at : this.physicalOf(hart, at);
      const part = physical === undefined ? undefined : this.#guest.machine.memory.read(physical, piece);
      if (part === undefined) break;
      bytes.set(part, done);
      done += piece;
    }
    return { address, bytes: bytes.subarray(0, done), unreadable: length - done };
  }

  write(address: bigint, bytes: Uint8Array, space: MemorySpace = {}): void {
    const hart = hartOf(this.#guest, space.hart ?? 0).id;
    const pieces: { readonly physical: bigint; readonly part: Uint8Array }[] = [];
    for (let done = 0; done < bytes.length;) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const piece = Math.min(bytes.length - done, Number(PAGE - (at % PAGE)));
      const physical = space.physical === true ? at : this.physicalOf(hart, at);
      if (physical === undefined || this.#guest.machine.memory.read(physical, piece) === undefined)
        throw new SessionError('request', `${hex(at)} cannot be written: nothing in RAM is mapped there`);
      pieces.push({ physical, part: bytes.subarray(done, done + piece) });
      done += piece;
    }
    for (const { physical, part } of pieces) this.#guest.machine.memory.write(physical, part);
    if (bytes.length > 0) this.#changed(address, bytes.length);
  }

  /** As the symbol reader wants memory: all bytes or nothing. */
  through(hart: number): Memory {
    return {
      read: (address, length) => {
        const { bytes, unreadable } = this.read(address, length, { hart });
        return unreadable === 0 ? bytes : undefined;
      },
      write: (address, bytes) => this.write(address, bytes, { hart }),
    };
  }
}
