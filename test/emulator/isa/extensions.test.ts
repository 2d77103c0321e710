import { expect, it } from 'vitest';
import { EXTENSIONS, withImplied, type Extension } from '../../../emulator/isa/extensions.ts';
import { decodeIntoSlot } from '../../../emulator/isa/slot.ts';
import { decode, extensionOf, illegal, instructions, operationNumber } from '../../../emulator/isa/table.ts';
import { SLOT_OP } from '../../../emulator/layout.ts';
import { parseIsa } from '../../../emulator/machine/isa.ts';

const ILLEGAL = [4, 2].map((length) => operationNumber(illegal, length as 4 | 2, false));

function isIllegal(bits: number, extensions: ReadonlySet<Extension>): boolean {
  const memory = new DataView(new ArrayBuffer(64));
  decodeIntoSlot(memory, 0, bits, { pageOffset: 0 }, extensions);
  return ILLEGAL.includes(memory.getUint16(SLOT_OP, true));
}

it.each(instructions.map((instruction) => [instruction.name, instruction] as const))(
  '%s is legal with its extension and illegal without',
  (_name, instruction) => {
    const all = new Set(EXTENSIONS);
    expect(isIllegal(instruction.match, all)).toBe(false);
    all.delete(extensionOf(instruction));
    expect(isIllegal(instruction.match, all)).toBe(true);
  },
);

it('compressed loads and stores of doubles need D', () => {
  const without = withImplied(['i', 'm', 'a', 'f', 'c']);
  for (const bits of [0x2000, 0xa000, 0x2002, 0xa002]) {
    expect(decode(bits)?.instruction.name).toMatch(/^f[ls]d$/);
    expect(isIllegal(bits, without)).toBe(true);
  }
});

it.each([
  ['rv64gc', 'rv64imafdc_zicntr_zicsr_zifencei', ['div', 'fadd.d', 'amoadd.w'], ['clz', 'cbo.zero']],
  ['RV64IMC', 'rv64imc_zicntr_zicsr_zifencei', ['mul'], ['lr.w', 'amoadd.w', 'flw']],
  ['rv64ic_zmmul_zalrsc', 'rv64ic_zicntr_zicsr_zifencei_zmmul_zalrsc', ['mul', 'sc.d'], ['rem', 'amoor.d']],
  ['rv64idc', 'rv64ifdc_zicntr_zicsr_zifencei', ['fadd.s', 'fadd.d'], ['mul']],
  ['rv64ifc', 'rv64ifc_zicntr_zicsr_zifencei', ['fadd.s'], ['fadd.d', 'fcvt.s.d']],
  ['rv64gcb', 'rv64imafdcb_zicntr_zicsr_zifencei', ['rori', 'bext', 'sh1add'], ['czero.eqz']],
  [
    'rv64gc_svinval_zicond_smepmp_zbs',
    'rv64imafdc_zicntr_zicond_zicsr_zifencei_zbs_smepmp_svinval',
    ['czero.eqz', 'bset', 'sinval.vma'],
    ['andn'],
  ],
] as const)('%s is %s', (asked, text, has, lacks) => {
  const isa = parseIsa(asked);
  expect(isa.text).toBe(text);
  const extension = (name: string): Extension => extensionOf(instructions.find((i) => i.name === name)!);
  for (const name of has) expect(isa.all, name).toContain(extension(name));
  for (const name of lacks) expect(isa.all, name).not.toContain(extension(name));
});
