import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
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
import { fixtureNamed, openFixture, SAMPLE_NAME, temporaryDirectory, type Fixture } from './fixtures.ts';
import { askGdb, type Question } from './gdb.ts';

const NAMES = ['ra', 'sp', 'gp', 'tp', 't0', 't1', 't2', 'fp', 's1', 'a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 't3', 't4', 't5', 't6', 'pc']; // prettier-ignore
/** What a callee has to restore: known in every frame. */
const SAVED = ['sp', 'fp', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11'];

/** A run under gdb: what to break at, and how often to go on by one command. */
interface Plan {
  readonly machine: readonly string[];
  readonly setUp: readonly string[];
  readonly go: string;
  readonly times: number;
  /** Expressions for the memory that frames need beside the image's data, and bytes there. */
  readonly memory: readonly (readonly [at: string, length: number])[];
}

/** From `leaf` on by instructions: through prologues, epilogues and inlined calls. */
const PROGRAM: Plan = {
  machine: ['-bios', 'none'],
  setUp: ['break *leaf', 'continue'],
  go: 'stepi',
  times: 120,
  memory: [],
};

/** Through assembly with unusual frame information. */
const ODD: Plan = { ...PROGRAM, setUp: ['break *odd_frame', 'continue'], times: 34 };

/** Through boot, suspend and resume, on two harts under OpenSBI. */
const SAMPLE: Plan = {
  machine: ['-m', '128M', '-smp', '2', '-append', 'scenario=resume'],
  setUp: ['cpu_detect_features', 'uart_write', 'do_trap', 'syscore_suspend', 'lookup_leaf', 'put_number'].map(
    (name) => `hbreak ${name}`,
  ),
  go: 'continue',
  times: 60,
  memory: [['(char *)$sp', 4096]],
};

const machines: ChildProcess[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.kill('SIGKILL');
});

/** QEMU, waiting at reset for gdb on a socket. */
async function startMachine(image: string, options: readonly string[]): Promise<string> {
  const socket = join(temporaryDirectory(), 'gdb.sock');
  const chardev = `socket,path=${socket},server=on,wait=off,id=gdb`;
  const machine = spawn(
    'qemu-system-riscv64',
    ['-M', 'virt', '-nographic', '-kernel', image, ...options, '-S', '-monitor', 'none', '-serial', 'null',
     '-chardev', chardev, '-gdb', 'chardev:gdb'], // prettier-ignore
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
  pc: string;
  line: number;
  inlined: boolean;
  names: Record<string, string>;
  registers: Record<string, string>;
}

interface Stop {
  readonly frames: readonly GdbFrame[];
  readonly cpu: CpuState;
}

/** What gdb sees at each stop, and the machine's state there for us to look at. */
async function recordStops(fixture: Fixture, plan: Plan): Promise<Stop[]> {
  const socket = await startMachine(fixture.path, plan.machine);
  const look: Question[] = [
    { ask: 'frames', registers: SAVED },
    { ask: 'registers', registers: NAMES },
    ...plan.memory.map(([at, length]): Question => ({ ask: 'memory', at, length })),
    ...fixture.file.elf.segments
      .filter((segment) => segment.type === 1 && segment.writable)
      .map((segment): Question => ({
        ask: 'memory',
        at: `(char *)0x${segment.virtualAddress.toString(16)}`,
        length: segment.memorySize,
      })),
  ];
  const questions: Question[] = [];
  for (let stop = 0; stop < plan.times; stop++) questions.push({ ask: 'run', command: plan.go }, ...look);
  const answers = askGdb(fixture.path, questions, [`target remote ${socket}`, ...plan.setUp]);
  const stops: Stop[] = [];
  for (let at = 1; at + look.length <= answers.length; at += look.length + 1) {
    const [frames, registers, ...areas] = answers.slice(at, at + look.length) as [
      GdbFrame[],
      Record<string, string>,
      ...[address: string, bytes: string][],
    ];
    const memory = areas.map(([address, bytes]) => ({
      address: BigInt(address),
      bytes: Buffer.from(bytes, 'hex'),
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
    .replace(/ "[^]*"(…|\.\.\.)?$/, '')
    .replace(/ '.*'$/, '');
}

describe.each([
  ['O0, DWARF 5', PROGRAM],
  ['O0, DWARF 4', PROGRAM],
  ['O2, DWARF 5', PROGRAM],
  ['O2, DWARF 4', PROGRAM],
  ['O2 with .debug_frame', PROGRAM],
  ['O1 with macros', PROGRAM],
  ['O0, DWARF 5', ODD],
  ['O2 with .debug_frame', ODD],
  [SAMPLE_NAME, SAMPLE],
])('frames, %s', (name, plan) => {
  const fixture = fixtureNamed(name);

  it('are those that gdb finds on QEMU, with their registers and variables', async () => {
    const stops = await recordStops(fixture, plan);
    expect(stops.length).toBe(plan.times);
    let values = 0;
    let beyond = 0;
    for (const { frames: theirs, cpu } of stops) {
      const backtrace = fixture.file.unwind(cpu);
      const ours = visible(backtrace, theirs.length);
      const where = `pc 0x${cpu.pc.toString(16)}`;
      // The sample's entry code is assembly without frame information.
      expect(plan === PROGRAM ? ['outermost'] : ['outermost', 'no-unwind-info'], where).toContain(
        backtrace.end,
      );
      expect(ours.map(describeFrame), where).toEqual(
        theirs.map(
          (frame) => `${frame.name ?? ''}:${frame.line}${frame.inlined ? ' inlined' : ''} at ${frame.pc}`,
        ),
      );
      ours.forEach((frame, index) => {
        const place = `${where}, frame ${index} ${frame.name}`;
        for (const register of SAVED) {
          const value = frame.registers.read(registerNumber(register)!);
          expect(value === undefined ? undefined : `0x${value.toString(16)}`, `${place}, ${register}`).toBe(
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
          // gdb gives up on a value at entry where any caller further out might have made a tail call.
          if (expected === 'none' && text !== 'none') {
            beyond++;
            continue;
          }
          // Strings in arrays are written in another way.
          if (text.startsWith('"')) continue;
          // gdb takes registers that a callee may have changed for unchanged; we say that they are lost.
          if (text === 'none' && index > 0) continue;
          expect(text, `${place}, ${variable.name}`).toBe(expected);
          values++;
        }
      });
    }
    expect(values).toBeGreaterThan(plan.times / 4);
    expect(beyond).toBeLessThan(values / 10);
    expect(fixture.problems).toEqual([]);
  });
});

describe('frames without frame information', () => {
  const fixture = fixtureNamed('O1 with frame pointers');

  it('are found through the chain of frame pointers', async () => {
    const bare = join(temporaryDirectory(), 'bare.elf');
    const sections = ['.debug_frame', '.eh_frame'].map((name) => `--remove-section=${name}`);
    execFileSync('riscv64-linux-gnu-objcopy', [...sections, fixture.path, bare]);
    const { file } = openFixture(bare);
    const names = (backtrace: Backtrace): string[] => backtrace.frames.map(({ name }) => name);
    let compared = 0;
    for (const { cpu } of await recordStops(fixture, PROGRAM)) {
      const known = fixture.file.unwind(cpu);
      // In a prologue or epilogue there is no frame yet, or no more; a leaf saves no return address.
      const [innermost] = known.frames;
      if (innermost?.cfa !== cpu.registers.read(registerNumber('fp')!) || innermost?.name === 'leaf')
        continue;
      const found = file.unwind(cpu, { framePointers: true });
      expect(names(found), `pc 0x${cpu.pc.toString(16)}`).toEqual(names(known));
      expect(found.frames.at(-1)?.found).toBe('frame-pointer');
      expect(file.unwind(cpu).end).toBe('no-unwind-info');
      compared++;
    }
    expect(compared).toBeGreaterThan(20);
  });
});
