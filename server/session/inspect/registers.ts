/** Registers by the names people use, and CSRs with their fields. */
import { csrNumber } from '../../../emulator/isa/csrs.ts';
import { FLOAT_REGISTER_NAMES, REGISTER_NAMES } from '../../../emulator/isa/registers.ts';
import { toLittleEndian } from '../../sealing/members.ts';
import { nearest } from '../../sealing/nearest.ts';
import { SessionError } from '../errors.ts';
import type { Hart } from '../../../emulator/index.ts';
import { isFloatRegister, Register, registerName, registerNumber } from '../../symbols/index.ts';
import { hartOf, type Guest } from '../guest.ts';
import { csrFields, csrText } from './csrFields.ts';
import { floatFormat, floatNumber } from './floatRegisters.ts';
import type { GuestMemory } from './memory.ts';
import type { CsrView, FloatRegisterView, Frame, RegisterView } from './inspector.ts';

/** Shown in this order; those that a machine does not have are left out. */
const SHOWN_CSRS: readonly string[] = [
  ...[
    'sstatus',
    'sie',
    'stvec',
    'scounteren',
    'senvcfg',
    'sscratch',
    'sepc',
    'scause',
    'stval',
    'sip',
    'stimecmp',
    'satp',
  ],
  ...[
    'mstatus',
    'misa',
    'medeleg',
    'mideleg',
    'mie',
    'mtvec',
    'mcounteren',
    'menvcfg',
    'mscratch',
    'mepc',
    'mcause',
  ],
  ...[
    'mtval',
    'mip',
    'mcountinhibit',
    'mseccfg',
    'pmpcfg0',
    'pmpcfg2',
    ...Array.from({ length: 16 }, (_, index) => `pmpaddr${index}`),
  ],
  ...['mhartid', 'mvendorid', 'marchid', 'mimpid', 'fcsr', 'cycle', 'time', 'instret', 'mcycle', 'minstret'],
];

const MSTATUS = csrNumber('mstatus')!;
const FCSR = csrNumber('fcsr')!;
/** mstatus.FS, "Extension Context Status"; all ones is dirty. */
const FS = 3n << 13n;

const hasFloat = (hart: Hart): boolean => hart.csr(FCSR) !== undefined;

export class Registers {
  readonly #guest: Guest;
  readonly #memory: GuestMemory;
  readonly #changed: () => void;

  /** @param changed Told about each write. */
  constructor(guest: Guest, memory: GuestMemory, changed: () => void) {
    this.#guest = guest;
    this.#memory = memory;
    this.#changed = changed;
  }

  general(hartId: number, frame?: Frame): RegisterView[] {
    const hart = hartOf(this.#guest, hartId);
    const pc = frame?.symbols.pc ?? hart.pc;
    const views: RegisterView[] = [{ name: 'pc', number: 'pc', value: pc, symbol: this.nameOf(pc) }];
    for (let index = 1; index < 32; index++) {
      const value = frame === undefined ? hart.register(index) : frame.symbols.registers.read(index);
      const symbol = value === undefined ? undefined : this.nameOf(value);
      views.push({ name: REGISTER_NAMES[index]!, number: `x${index}`, value, symbol });
    }
    return views;
  }

  /** f0–f31; none where the machine has no F. */
  floating(hartId: number, frame?: Frame): FloatRegisterView[] {
    const hart = hartOf(this.#guest, hartId);
    if (!hasFloat(hart)) return [];
    return FLOAT_REGISTER_NAMES.map((name, index) => {
      const value =
        frame === undefined
          ? hart.floatRegister(index)
          : frame.symbols.registers.read(Register.floating + index);
      const number = `f${index}`;
      if (value === undefined) return { name, number, value, format: 'raw', text: undefined };
      return { name, number, value, format: floatFormat(value), text: floatNumber(value) };
    });
  }

  csrs(hartId: number): CsrView[] {
    const hart = hartOf(this.#guest, hartId);
    return SHOWN_CSRS.flatMap((name) => {
      const number = csrNumber(name);
      const value = number === undefined ? undefined : hart.csr(number);
      if (number === undefined || value === undefined) return [];
      const text = csrText(name, value, (address) => this.nameOf(address));
      return [{ name, number, value, text, fields: csrFields(name, value) }];
    });
  }

  /** A register by ABI name, number, `pc` or CSR name; undefined when there is none. */
  read(hartId: number, name: string): bigint | undefined {
    const hart = hartOf(this.#guest, hartId);
    if (name === 'pc') return hart.pc;
    if (name === 'priv') return BigInt(hart.privilege);
    const number = registerNumber(name);
    if (number !== undefined && isFloatRegister(number))
      return hasFloat(hart) ? hart.floatRegister(number - Register.floating) : undefined;
    if (number !== undefined) return hart.register(number);
    const csr = csrNumber(name);
    return csr === undefined ? undefined : hart.csr(csr);
  }

  write(hartId: number, name: string, value: bigint): void {
    const hart = hartOf(this.#guest, hartId);
    const bits = BigInt.asUintN(64, value);
    const number = registerNumber(name);
    const csr = csrNumber(name);
    if (name === 'pc') hart.pc = bits & ~1n;
    else if (number === 0) throw new SessionError('request', 'x0 (zero) is always 0 and cannot be set');
    else if (number !== undefined && isFloatRegister(number)) this.#writeFloat(hart, name, number, bits);
    else if (number !== undefined) hart.setRegister(number, bits);
    else if (csr !== undefined && hart.csr(csr) !== undefined) hart.setCsr(csr, bits);
    else throw this.#unknown(name);
    this.#changed();
  }

  /** As an instruction would: a guest that saves only dirty registers when it switches tasks must save this one. */
  #writeFloat(hart: Hart, name: string, number: number, bits: bigint): void {
    if (!hasFloat(hart)) throw this.#unknown(name);
    hart.setFloatRegister(number - Register.floating, bits);
    const status = hart.csr(MSTATUS)!;
    if ((status & FS) !== 0n) hart.setCsr(MSTATUS, status | FS);
  }

  /** A general or floating-point register of an outer frame: where its value is kept now. */
  writeSaved({ hart, level, symbols }: Frame, name: string, value: bigint): void {
    const number = registerNumber(name);
    if (number === undefined) {
      const what = name === 'pc' ? 'the pc' : name;
      throw new SessionError(
        'request',
        `${what} of frame ${level} cannot be set; only general and floating-point registers can`,
      );
    }
    const home = symbols.registers.home(number);
    switch (home.kind) {
      case 'register':
        this.write(hart, registerName(home.register), value);
        return;
      case 'memory':
        this.#memory.write(home.address, toLittleEndian(value, 8), { hart });
        return;
      default:
        throw new SessionError('request', `${name} of frame ${level} is kept nowhere, so it cannot be set`);
    }
  }

  /** Function and offset, or object, that an address points at; undefined for numbers that are no such thing. */
  nameOf(address: bigint): string | undefined {
    const { symbols, space } = this.#guest;
    if (symbols === undefined) return undefined;
    const linked = space.linkedOf(address);
    if (space.physicalOf(linked) === undefined) return undefined;
    const near = symbols.symbols.nearest(linked, ['function', 'object', 'none']);
    if (near === undefined) return undefined;
    return near.offset === 0n ? near.symbol.name : `${near.symbol.name}+0x${near.offset.toString(16)}`;
  }

  #unknown(name: string): SessionError {
    const near = nearest(name, registerNames());
    const hint = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
    return new SessionError('request', `there is no register ${name} on this machine${hint}`);
  }
}

/** Names for completions: registers first, then CSRs. */
export function registerNames(): string[] {
  return ['pc', ...REGISTER_NAMES, ...FLOAT_REGISTER_NAMES, ...SHOWN_CSRS];
}
