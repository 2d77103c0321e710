import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  formatValue,
  registerNumber,
  variableValue,
  type Backtrace,
  type CpuState,
  type StackFrame,
} from '../../../server/symbols/index.ts';
import { buildProgram, temporaryDirectory, VARIANTS, type Fixture } from './fixtures.ts';
import { askGdb, type Question } from './gdb.ts';

const NAMES = ['ra', 'sp', 'gp', 'tp', 't0', 't1', 't2', 'fp', 's1', 'a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 't3', 't4', 't5', 't6', 'pc']; // prettier-ignore
/** What a callee has to restore: known in every frame. */
const SAVED = ['sp', 'fp', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11'];
const STEPS = 120;

const machines: ChildProcess[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.kill('SIGKILL');
});

/** QEMU, waiting at reset for gdb on a socket. */
async function startMachine(image: string): Promise<string> {
  const socket = join(temporaryDirectory(), 'gdb.sock');
  const machine = spawn(
    'qemu-system-riscv64',
    ['-M', 'virt', '-nographic', '-bios', 'none', '-kernel', image, '-S', '-monitor', 'none', '-serial', 'none',
     '-chardev', `socket,path=${socket},server=on,wait=off,id=gdb`, '-gdb', 'chardev:gdb'], // prettier-ignore
    { stdio: 'ignore' },
  );
  machines.push(machine);
  while (!existsSync(socket)) {
    if (machine.exitCode !== null) throw new Error('QEMU ended at once');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return socket;
}

interface GdbFrame {
  name: string | null;
  pc: number;
  line: number;
  inlined: boolean;
  names: Record<string, string>;
  registers: Record<string, number>;
}

interface Stop {
  readonly frames: readonly GdbFrame[];
  readonly cpu: CpuState;
}

/** Stops at `leaf`, then steps by instructions; what gdb sees at each, and the machine's state for us to look at. */
async function recordStops(fixture: Fixture): Promise<Stop[]> {
  const socket = await startMachine(fixture.path);
  const { file } = fixture;
  const start = file.symbols.addressOf('stack_end')! - 16384n;
  const dataStart = file.elf.section('.data')!.address;
  const areas = [
    { address: dataStart, length: Number(start - dataStart) },
    { address: start, length: 16384 },
  ];
  const look: Question[] = [
    { ask: 'frames', registers: SAVED },
    { ask: 'registers', registers: NAMES },
    ...areas.map(({ address, length }): Question => ({
      ask: 'memory',
      address: `0x${address.toString(16)}`,
      length,
    })),
  ];
  const questions: Question[] = [{ ask: 'run', command: 'continue' }, ...look];
  for (let step = 0; step < STEPS; step++) questions.push({ ask: 'run', command: 'stepi' }, ...look);
  const answers = askGdb(fixture.path, questions, [`target remote ${socket}`, 'break *leaf']);
  const stops: Stop[] = [];
  for (let at = 1; at + look.length <= answers.length; at += look.length + 1) {
    const [frames, registers, ...contents] = answers.slice(at, at + look.length) as [
      GdbFrame[],
      Record<string, string>,
      ...string[],
    ];
    const memory = areas.map(({ address }, index) => ({
      address,
      bytes: Buffer.from(contents[index]!, 'hex'),
    }));
    stops.push({ frames, cpu: cpuOf(fixture, registers, memory) });
  }
  return stops;
}

function cpuOf(
  fixture: Fixture,
  registers: Readonly<Record<string, string>>,
  memory: readonly { address: bigint; bytes: Uint8Array }[],
): CpuState {
  const byNumber = new Map(NAMES.map((name) => [registerNumber(name), BigInt(registers[name]!)]));
  return {
    pc: BigInt(registers.pc!),
    registers: { read: (register) => byNumber.get(register) },
    memory: {
      read(address, length) {
        const area = memory.find(
          (part) =>
            address >= part.address && address + BigInt(length) <= part.address + BigInt(part.bytes.length),
        );
        if (area === undefined) return fixture.file.elf.read(address, length);
        const offset = Number(address - area.address);
        return area.bytes.subarray(offset, offset + length);
      },
    },
  };
}

function describeFrame(frame: StackFrame): string {
  return `${frame.name}:${frame.position?.line ?? 0}${frame.inlined ? ' inlined' : ''} at 0x${frame.pc.toString(16)}`;
}

/** gdb may leave out an inlined function that it has just come to, as if the call were still to be made. */
function atEntryOfInlined(frame: StackFrame): boolean {
  return frame.inlined && frame.blocks.at(-1)!.ranges.some(({ start }) => start === frame.pc);
}

function visible(backtrace: Backtrace, count: number): StackFrame[] {
  const frames = [...backtrace.frames];
  while (frames.length > count && atEntryOfInlined(frames[0]!)) frames.shift();
  return frames;
}

/** Values in one spelling: no symbols behind pointers, one word for what is not there. */
function plain(text: string): string {
  if (/optimi[sz]ed|error|not (saved|known)/.test(text)) return 'none';
  return text
    .replace(/ <[^>]*>/g, '')
    .replace(/^\(.*\) 0x/, '0x')
    .replace(/ ".*"$/, '')
    .replace(/ '.*'$/, '');
}

describe.each([
  'O0, DWARF 5',
  'O0, DWARF 4',
  'O2, DWARF 5',
  'O2, DWARF 4',
  'O2 with .debug_frame',
  'O1 with macros',
])('frames, %s', (name) => {
  const fixture = buildProgram(VARIANTS[name]!);

  it('are those that gdb finds on QEMU, with their registers and variables', async () => {
    const stops = await recordStops(fixture);
    expect(stops.length).toBe(STEPS + 1);
    let values = 0;
    for (const { frames: theirs, cpu } of stops) {
      const backtrace = fixture.file.unwind(cpu);
      const ours = visible(backtrace, theirs.length);
      const where = `pc 0x${cpu.pc.toString(16)}`;
      expect(backtrace.end, where).toBe('outermost');
      expect(ours.map(describeFrame), where).toEqual(
        theirs.map(
          (frame) =>
            `${frame.name ?? ''}:${frame.line}${frame.inlined ? ' inlined' : ''} at 0x${frame.pc.toString(16)}`,
        ),
      );
      ours.forEach((frame, index) => {
        const place = `${where}, frame ${index} ${frame.name}`;
        for (const register of SAVED) {
          const value = frame.registers.read(registerNumber(register)!);
          expect(value === undefined ? undefined : Number(value), `${place}, ${register}`).toBe(
            theirs[index]!.registers[register],
          );
        }
        const context = { symbols: fixture.file, memory: { ...cpu.memory, write: () => undefined }, frame };
        const seen = new Set<string>();
        for (const variable of frame.blocks.flatMap((block) => block.variables)) {
          if (seen.has(variable.name)) continue;
          seen.add(variable.name);
          const text = plain(formatValue(variableValue(variable, context)));
          const expected = plain(theirs[index]!.names[variable.name] ?? 'missing');
          // gdb takes registers that a callee may have changed for unchanged; we say that they are lost.
          if (text === 'none' && index > 0) continue;
          expect(text, `${place}, ${variable.name}`).toBe(expected);
          values++;
        }
      });
    }
    expect(values).toBeGreaterThan(STEPS);
    expect(fixture.problems).toEqual([]);
  });
});
