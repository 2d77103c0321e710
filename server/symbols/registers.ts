/** DWARF register numbers of RISC-V, and the names of its calling convention (RISC-V ELF psABI). */

export const Register = { ra: 1, sp: 2, gp: 3, tp: 4, fp: 8, floating: 32 } as const;

const INTEGER_NAMES =
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(
    ' ',
  );
const FLOAT_NAMES =
  'ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11'.split(
    ' ',
  );

const NUMBERS = new Map<string, number>([
  ...INTEGER_NAMES.map((name, index): [string, number] => [name, index]),
  ...INTEGER_NAMES.map((_, index): [string, number] => [`x${index}`, index]),
  ...FLOAT_NAMES.map((name, index): [string, number] => [name, Register.floating + index]),
  ...FLOAT_NAMES.map((_, index): [string, number] => [`f${index}`, Register.floating + index]),
  ['fp', Register.fp],
]);

/** `a0`, `x10`, `fp`, `fa0`: the DWARF number. */
export function registerNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}

/** ABI name of a DWARF register number. */
export function registerName(register: number): string {
  return INTEGER_NAMES[register] ?? FLOAT_NAMES[register - Register.floating] ?? `register ${register}`;
}

/** f0 to f31. */
export function isFloatRegister(register: number): boolean {
  return register >= Register.floating && register < Register.floating + FLOAT_NAMES.length;
}

/** Registers that a function may change without saving: in a caller's frame their value is not known. */
export function isCallClobbered(register: number): boolean {
  const name = registerName(register);
  return name === 'ra' || /^f?[at]\d/.test(name);
}
