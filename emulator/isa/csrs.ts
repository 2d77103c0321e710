/** Names of the control and status registers by number (privileged spec, "CSR Listing"). */
const NAMES: Readonly<Record<number, string>> = {
  0x001: 'fflags',
  0x002: 'frm',
  0x003: 'fcsr',
  0xc00: 'cycle',
  0xc01: 'time',
  0xc02: 'instret',
  0x100: 'sstatus',
  0x104: 'sie',
  0x105: 'stvec',
  0x106: 'scounteren',
  0x10a: 'senvcfg',
  0x140: 'sscratch',
  0x141: 'sepc',
  0x142: 'scause',
  0x143: 'stval',
  0x144: 'sip',
  0x14d: 'stimecmp',
  0x180: 'satp',
  0x5a8: 'scontext',
  0xf11: 'mvendorid',
  0xf12: 'marchid',
  0xf13: 'mimpid',
  0xf14: 'mhartid',
  0xf15: 'mconfigptr',
  0x300: 'mstatus',
  0x301: 'misa',
  0x302: 'medeleg',
  0x303: 'mideleg',
  0x304: 'mie',
  0x305: 'mtvec',
  0x306: 'mcounteren',
  0x30a: 'menvcfg',
  0x320: 'mcountinhibit',
  0x340: 'mscratch',
  0x341: 'mepc',
  0x342: 'mcause',
  0x343: 'mtval',
  0x344: 'mip',
  0x747: 'mseccfg',
  0xb00: 'mcycle',
  0xb02: 'minstret',
  0x7a0: 'tselect',
  0x7a1: 'tdata1',
  0x7a2: 'tdata2',
  0x7a3: 'tdata3',
  ...numbered(0xc03, 'hpmcounter', 3, 31),
  ...numbered(0xb03, 'mhpmcounter', 3, 31),
  ...numbered(0x323, 'mhpmevent', 3, 31),
  // Only the even pmpcfg registers exist on RV64.
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [0x3a0 + 2 * i, `pmpcfg${2 * i}`])),
  ...numbered(0x3b0, 'pmpaddr', 0, 63),
};

function numbered(base: number, name: string, first: number, last: number): Record<number, string> {
  const list = Array.from({ length: last - first + 1 }, (_, i) => [base + i, `${name}${first + i}`] as const);
  return Object.fromEntries(list);
}

const numbersByName = new Map(Object.entries(NAMES).map(([number, name]) => [name, Number(number)]));

export const csrName = (number: number): string => NAMES[number] ?? `0x${number.toString(16)}`;
export const csrNumber = (name: string): number | undefined => numbersByName.get(name);
