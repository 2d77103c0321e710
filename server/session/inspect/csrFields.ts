/**
 * What the bits of a CSR mean, as a table: privileged specification, chapters "Machine-Level ISA" and
 * "Supervisor-Level ISA". A register that is not here is shown as a number.
 */
import type { CsrField } from './inspector.ts';

interface FieldRule {
  readonly name: string;
  readonly high: number;
  readonly low: number;
  /** Words for values, by value. */
  readonly words?: Readonly<Record<string, string>>;
  /** Words computed from the value. */
  readonly meaning?: (value: bigint) => string | undefined;
}

const PRIVILEGES = { 0: 'User', 1: 'Supervisor', 3: 'Machine' };
const CONTEXT = { 0: 'Off', 1: 'Initial', 2: 'Clean', 3: 'Dirty' };
const XLEN = { 1: '32-bit', 2: '64-bit', 3: '128-bit' };

const bit = (name: string, position: number, set?: string): FieldRule => ({
  name,
  high: position,
  low: position,
  ...(set === undefined ? {} : { words: { 1: set } }),
});
const bits = (
  name: string,
  high: number,
  low: number,
  words?: Readonly<Record<string, string>>,
): FieldRule => ({
  name,
  high,
  low,
  ...(words === undefined ? {} : { words }),
});

const SSTATUS: readonly FieldRule[] = [
  bit('SD', 63, 'extension state dirty'),
  bits('UXL', 33, 32, XLEN),
  bit('MXR', 19, 'loads from executable pages allowed'),
  bit('SUM', 18, 'supervisor may access user pages'),
  bits('XS', 16, 15, CONTEXT),
  bits('FS', 14, 13, CONTEXT),
  bits('VS', 10, 9, CONTEXT),
  bits('SPP', 8, 8, PRIVILEGES),
  bit('UBE', 6),
  bit('SPIE', 5),
  bit('SIE', 1, 'interrupts enabled'),
];

const MSTATUS: readonly FieldRule[] = [
  ...SSTATUS.filter((field) => field.low > 34 || field.low < 32),
  bits('SXL', 35, 34, XLEN),
  bits('UXL', 33, 32, XLEN),
  bit('TSR', 22, 'sret traps'),
  bit('TW', 21, 'wfi traps'),
  bit('TVM', 20, 'satp and sfence.vma trap'),
  bit('MPRV', 17, 'loads and stores use MPP'),
  bits('MPP', 12, 11, PRIVILEGES),
  bit('MPIE', 7),
  bit('MIE', 3, 'interrupts enabled'),
].sort((a, b) => b.low - a.low);

const INTERRUPTS: Readonly<Record<string, string>> = {
  1: 'supervisor software interrupt',
  3: 'machine software interrupt',
  5: 'supervisor timer interrupt',
  7: 'machine timer interrupt',
  9: 'supervisor external interrupt',
  11: 'machine external interrupt',
};

const EXCEPTIONS: Readonly<Record<string, string>> = {
  0: 'instruction address misaligned',
  1: 'instruction access fault',
  2: 'illegal instruction',
  3: 'breakpoint',
  4: 'load address misaligned',
  5: 'load access fault',
  6: 'store/AMO address misaligned',
  7: 'store/AMO access fault',
  8: 'environment call from U-mode',
  9: 'environment call from S-mode',
  11: 'environment call from M-mode',
  12: 'instruction page fault',
  13: 'load page fault',
  15: 'store/AMO page fault',
};

/** As the privileged specification words it. */
export function causeName(cause: bigint, interrupt: boolean): string {
  const name = (interrupt ? INTERRUPTS : EXCEPTIONS)[String(cause)];
  return name ?? `${interrupt ? 'interrupt' : 'exception'} ${cause}`;
}

const INTERRUPT_BITS: readonly FieldRule[] = [
  bit('MEI', 11, INTERRUPTS[11]),
  bit('SEI', 9, INTERRUPTS[9]),
  bit('MTI', 7, INTERRUPTS[7]),
  bit('STI', 5, INTERRUPTS[5]),
  bit('MSI', 3, INTERRUPTS[3]),
  bit('SSI', 1, INTERRUPTS[1]),
];
const SUPERVISOR_INTERRUPT_BITS = INTERRUPT_BITS.filter((field) => field.name.startsWith('S'));

const EXCEPTION_BITS: readonly FieldRule[] = Object.entries(EXCEPTIONS)
  .map(([cause, name]) => ({ ...bit(name, Number(cause)), words: { 1: 'delegated' } }))
  .reverse();

const CAUSE: readonly FieldRule[] = [bit('Interrupt', 63), bits('Code', 62, 0)];
const TVEC: readonly FieldRule[] = [
  { name: 'BASE', high: 63, low: 2, meaning: (value) => hex(value << 2n) },
  bits('MODE', 1, 0, { 0: 'Direct', 1: 'Vectored' }),
];
const COUNTER_ENABLE: readonly FieldRule[] = [bit('IR', 2), bit('TM', 1), bit('CY', 0)];

const ROUNDING = { 0: 'RNE', 1: 'RTZ', 2: 'RDN', 3: 'RUP', 4: 'RMM' };
const FLAGS = ['NX', 'UF', 'OF', 'DZ', 'NV'];

const USER_ENVIRONMENT: readonly FieldRule[] = [
  bit('CBZE', 7, 'cbo.zero allowed'),
  bit('CBCFE', 6, 'cbo.clean and cbo.flush allowed'),
  bits('CBIE', 5, 4, { 1: 'cbo.inval flushes', 3: 'cbo.inval allowed' }),
  bit('FIOM', 0, 'fences of I/O order memory too'),
];
const ENVIRONMENT: readonly FieldRule[] = [
  bit('STCE', 63, 'supervisor has stimecmp'),
  bit('PBMTE', 62, 'memory types in page tables'),
  bit('ADUE', 61, 'hardware sets A and D'),
  ...USER_ENVIRONMENT,
];

const FIELDS: Readonly<Record<string, readonly FieldRule[]>> = {
  sstatus: SSTATUS,
  mstatus: MSTATUS,
  scause: CAUSE,
  mcause: CAUSE,
  stvec: TVEC,
  mtvec: TVEC,
  sie: SUPERVISOR_INTERRUPT_BITS,
  sip: SUPERVISOR_INTERRUPT_BITS,
  mie: INTERRUPT_BITS,
  mip: INTERRUPT_BITS,
  mideleg: INTERRUPT_BITS,
  medeleg: EXCEPTION_BITS,
  scounteren: COUNTER_ENABLE,
  mcounteren: COUNTER_ENABLE,
  mcountinhibit: COUNTER_ENABLE.filter((field) => field.name !== 'TM'),
  senvcfg: USER_ENVIRONMENT,
  menvcfg: ENVIRONMENT,
  mseccfg: [
    bit('RLB', 2, 'locked entries can be changed'),
    bit('MMWP', 1, 'machine mode needs an entry'),
    bit('MML', 0, 'entries are for machine mode or for the others'),
  ],
  fcsr: [
    bits('frm', 7, 5, ROUNDING),
    { name: 'fflags', high: 4, low: 0, meaning: (value) => flagNames(value) },
  ],
  satp: [
    bits('MODE', 63, 60, { 0: 'Bare', 8: 'Sv39', 9: 'Sv48', 10: 'Sv57' }),
    bits('ASID', 59, 44),
    { name: 'PPN', high: 43, low: 0, meaning: (value) => `root table at ${hex(value << 12n)}` },
  ],
  misa: [
    bits('MXL', 63, 62, XLEN),
    { name: 'Extensions', high: 25, low: 0, meaning: (value) => extensionLetters(value) },
  ],
};

const NEVER = (1n << 64n) - 1n;

const PMP_MODES: Readonly<Record<string, string>> = { 0: 'off', 1: 'TOR', 2: 'NA4', 3: 'NAPOT' };

/** The fields of a CSR, from the highest bit down; empty where it has none. */
export function csrFields(name: string, value: bigint): CsrField[] {
  if (name.startsWith('pmpcfg')) return pmpFields(Number(name.slice(6)), value);
  return (FIELDS[name] ?? []).map(({ name: field, high, low, words, meaning }) => {
    const part = BigInt.asUintN(high - low + 1, value >> BigInt(low));
    return { name: field, high, low, value: part, meaning: meaning?.(part) ?? words?.[String(part)] };
  });
}

/** One line for the whole register, where one says more than its number. */
export function csrText(
  name: string,
  value: bigint,
  nameOf: (address: bigint) => string | undefined,
): string | undefined {
  switch (name) {
    case 'scause':
    case 'mcause':
      return causeName(BigInt.asUintN(63, value), value >> 63n === 1n);
    case 'stvec':
    case 'mtvec':
      return nameOf(value & ~3n);
    case 'sepc':
    case 'mepc':
    case 'stval':
    case 'mtval':
    case 'sscratch':
    case 'mscratch':
      return value === 0n ? undefined : nameOf(value);
    case 'stimecmp':
      return value === NEVER ? 'never' : undefined;
    case 'fcsr':
      return csrFields(name, value)
        .flatMap(({ meaning }) => meaning ?? [])
        .join(' ');
    default: {
      const set = csrFields(name, value)
        .filter((field) => field.value !== 0n)
        .map((field) =>
          field.high === field.low && field.meaning === undefined ? field.name : shown(field),
        );
      return set.length === 0 ? undefined : set.join(' ');
    }
  }
}

function shown({ name, high, low, value, meaning }: CsrField): string {
  if (high === low && value === 1n && !/^[A-Z][a-z]/.test(meaning ?? '')) return name;
  return `${name}=${meaning ?? value}`;
}

/** pmpcfg0 holds entries 0–7, pmpcfg2 entries 8–15, and so on: eight bytes, one an entry. */
function pmpFields(register: number, value: bigint): CsrField[] {
  return Array.from({ length: 8 }, (_, index) => {
    const entry = Number((value >> BigInt(index * 8)) & 0xffn);
    const mode = PMP_MODES[String((entry >> 3) & 3)] ?? '';
    const letters = `${entry & 1 ? 'r' : '-'}${entry & 2 ? 'w' : '-'}${entry & 4 ? 'x' : '-'}`;
    return {
      name: `pmp${register * 4 + index}cfg`,
      high: index * 8 + 7,
      low: index * 8,
      value: BigInt(entry),
      meaning: `${mode} ${letters}${entry & 0x80 ? ' locked' : ''}`,
    };
  }).reverse();
}

/** NV DZ OF UF NX, as many as are raised. */
function flagNames(value: bigint): string | undefined {
  const raised = FLAGS.filter((_, index) => (value >> BigInt(index)) & 1n).reverse();
  return raised.length === 0 ? undefined : raised.join(' ');
}

function extensionLetters(value: bigint): string {
  const letters = Array.from({ length: 26 }, (_, index) => index).filter(
    (index) => (value >> BigInt(index)) & 1n,
  );
  return letters.map((index) => String.fromCharCode(65 + index)).join('');
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
