/**
 * The oops that RISC-V Linux 6.12 would print for a refused store: arch/riscv/mm/fault.c `die_kernel_fault`,
 * arch/riscv/kernel/traps.c `die` and arch/riscv/kernel/process.c `__show_regs` fix the words, the order and the
 * widths. Lines that only a running Linux knows (modules, task, taint) are left out.
 */
import type { CodePlace } from '../../sealing/codePlace.ts';
import type { RefusedStore } from '../../sealing/refusedStore.ts';

/** Order in which `__show_regs` prints epc and x1 to x31, three a line. */
const registerNames =
  'epc ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(
    ' ',
  );

/** One element a line. */
export function linuxOops(refused: RefusedStore): string[] {
  const { csrs, registers, stack, place } = refused;
  // Linux walks the real stack only: a function inlined into the next frame has no frame of its own.
  const frames = stack.filter((entry) => !entry.inlined);
  const [innermost = place] = frames;
  return [
    `Unable to handle kernel paging request at virtual address ${digits(csrs.tval)}`,
    'Oops [#1]',
    `CPU: ${refused.hart}`,
    `epc : ${symbolic(innermost)}`,
    ` ra : ${symbolic(inFrames(registers[1]!, frames))}`,
    ...registerLines([csrs.epc, ...registers.slice(1)]),
    `status: ${digits(csrs.status)} badaddr: ${digits(csrs.tval)} cause: ${digits(csrs.cause)}`,
    ...frames.map((entry) => `[<${digits(entry.pc)}>] ${symbolic(entry)}`),
    ...codeLine(refused),
    '---[ end trace 0000000000000000 ]---',
  ];
}

/** `values` are epc and x1 to x31: the names' order is the registers' own. */
function registerLines(values: readonly bigint[]): string[] {
  const cells = registerNames.map((name, index) => {
    const label = name === 'epc' ? 'epc ' : ` ${name.padEnd(3)}`;
    return `${label}: ${digits(values[index]!)}`;
  });
  const lines: string[] = [];
  for (let first = 0; first < cells.length; first += 3) lines.push(cells.slice(first, first + 3).join(''));
  return lines;
}

/**
 * A return address as a place. It leads into the caller or, once this function has called another, into this function
 * itself: one of the stack's functions covers it, if any does.
 */
function inFrames(pc: bigint, frames: readonly CodePlace[]): CodePlace {
  for (const frame of frames) {
    const offset = Number(pc - frame.pc) + frame.offset;
    if (offset >= 0 && offset <= frame.size) return { ...frame, pc, offset };
  }
  return { pc, function: '', offset: 0, size: 0, inlined: false };
}

/** `%pS`: function+0xoffset/0xsize. */
function symbolic({ pc, function: name, offset, size }: CodePlace): string {
  return name === '' ? `0x${pc.toString(16)}` : `${name}+0x${offset.toString(16)}/0x${size.toString(16)}`;
}

/** Ten 16-bit parcels before the pc, the one at it in parentheses, and the one behind (`dump_kernel_instr`). */
function codeLine({ code, csrs }: RefusedStore): string[] {
  const at = Number(csrs.epc - code.start);
  const view = new DataView(code.bytes.buffer, code.bytes.byteOffset, code.bytes.byteLength);
  const parcels: string[] = [];
  for (let offset = at - 20; offset <= at + 2; offset += 2) {
    if (offset < 0 || offset + 2 > code.bytes.length) continue;
    const parcel = view.getUint16(offset, true).toString(16).padStart(4, '0');
    parcels.push(offset === at ? `(${parcel})` : parcel);
  }
  return parcels.length === 0 ? [] : [`Code: ${parcels.join(' ')}`];
}

/** `%016lx`. */
function digits(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}
