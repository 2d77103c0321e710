/** ABI names of x0 … x31 (RISC-V psABI, "Integer Register Convention"). */
export const REGISTER_NAMES: readonly string[] = [
  ...['zero', 'ra', 'sp', 'gp', 'tp', 't0', 't1', 't2', 's0', 's1'],
  ...['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'],
  ...['s2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 't3', 't4', 't5', 't6'],
];

const numbers = new Map<string, number>([
  ...REGISTER_NAMES.map((name, index) => [name, index] as const),
  ...REGISTER_NAMES.map((_name, index) => [`x${index}`, index] as const),
  ['fp', 8],
]);

/** Number of the integer register that an ABI or x name means, or undefined. */
export const registerNumber = (name: string): number | undefined => numbers.get(name);
