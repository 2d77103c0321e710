import { formatCsr, formatR, opcode3 } from './formats.ts';
import {
  CBO_CLEAN,
  CBO_FLUSH,
  CBO_INVAL,
  CBO_ZERO,
  CSR_CLEAR,
  CSR_SET,
  CSR_WRITE,
  type CacheBlockOperation,
  type CsrOperation,
  type Instruction,
  type SystemCall,
} from './instruction.ts';

const SYSTEM = 0x73;
const MISC_MEM = 0x0f;

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

const fenceVma = (name: string, match: number): Instruction => ({
  name,
  match,
  mask: 0xfe007fff,
  operands: formatR,
  syntax: 'rs1,rs2',
  build: (b) => b.sfenceVma(),
});

const cacheBlock = (name: string, operation: CacheBlockOperation): Instruction => ({
  name,
  match: MISC_MEM | (2 << 12) | (operation << 20),
  mask: 0xfff07fff,
  operands: formatR,
  syntax: '(rs1)',
  build: (b) => b.cacheBlock(operation),
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
  fenceVma('sfence.vma', 0x12000073),
];

/**
 * Svinval (privileged spec, chapter "Svinval"). There are no stores in flight for sfence.w.inval and sfence.inval.ir
 * to order, so that sinval.vma can do all that sfence.vma does.
 */
export const svinval: readonly Instruction[] = [
  fenceVma('sinval.vma', 0x16000073),
  exact('sfence.w.inval', 0x18000073, 'fenceInvalidation'),
  exact('sfence.inval.ir', 0x18100073, 'fenceInvalidation'),
];

/** Zicbom and Zicboz (unprivileged spec, "CMO Extensions"). */
export const zicbom: readonly Instruction[] = [
  cacheBlock('cbo.inval', CBO_INVAL),
  cacheBlock('cbo.clean', CBO_CLEAN),
  cacheBlock('cbo.flush', CBO_FLUSH),
];
export const zicboz: readonly Instruction[] = [cacheBlock('cbo.zero', CBO_ZERO)];
