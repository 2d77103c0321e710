import { formatCsr, formatR, opcode3 } from './formats.ts';
import {
  CSR_CLEAR,
  CSR_SET,
  CSR_WRITE,
  type CsrOperation,
  type Instruction,
  type SystemCall,
} from './instruction.ts';

const SYSTEM = 0x73;

const csr = (name: string, funct3: number, operation: CsrOperation, immediate: boolean): Instruction => ({
  name,
  ...opcode3(SYSTEM, funct3),
  operands: formatCsr,
  syntax: immediate ? 'rd,csr,uimm' : 'rd,csr,rs1',
  build: (b) => b.csr(operation, immediate),
});

const exact = (name: string, match: number, call: SystemCall): Instruction => ({
  name,
  match,
  mask: 0xffffffff,
  operands: formatR,
  syntax: '',
  build: (b) => b.system(call),
});

/** Zicsr and the privileged instructions (privileged spec, chapter "RISC-V Privileged Instruction Set Listings"). */
export const system: readonly Instruction[] = [
  csr('csrrw', 1, CSR_WRITE, false),
  csr('csrrs', 2, CSR_SET, false),
  csr('csrrc', 3, CSR_CLEAR, false),
  csr('csrrwi', 5, CSR_WRITE, true),
  csr('csrrsi', 6, CSR_SET, true),
  csr('csrrci', 7, CSR_CLEAR, true),
  exact('ecall', 0x00000073, 'ecall'),
  exact('ebreak', 0x00100073, 'ebreak'),
  exact('sret', 0x10200073, 'sret'),
  exact('mret', 0x30200073, 'mret'),
  exact('wfi', 0x10500073, 'wfi'),
  {
    name: 'sfence.vma',
    match: 0x12000073,
    mask: 0xfe007fff,
    operands: formatR,
    syntax: 'rs1,rs2',
    build: (b) => b.sfenceVma(),
  },
];
