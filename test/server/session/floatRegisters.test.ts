/** Floating-point registers: what they show, what they can be set to, and variables that live in them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Frame, Session } from '../../../server/session/index.ts';
import { formatValue } from '../../../server/symbols/index.ts';
import { openGuest } from './guest.ts';

const SOURCE = fileURLToPath(new URL('fixtures/float.c', import.meta.url));

let directory: string;
let program: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealscope-float-'));
  program = join(directory, 'float.elf');
  execFileSync('riscv64-linux-gnu-gcc', [
    ...[
      '-march=rv64gc',
      '-mabi=lp64d',
      '-O1',
      '-g',
      '-mcmodel=medany',
      '-ffreestanding',
      '-nostdlib',
      '-static',
    ],
    ...[
      '-fno-pie',
      '-no-pie',
      '-Wl,--build-id=none',
      '-Wl,--no-warn-rwx-segments',
      '-Wl,-N,--no-relax,-Ttext=0x80000000',
    ],
    ...['-o', program, SOURCE],
  ]);
});
afterAll(() => rmSync(directory, { recursive: true }));

let session: Session;
const open = async (isa?: string): Promise<Session> =>
  (await openGuest({ program, harts: 1, firmware: 'none', ...(isa === undefined ? {} : { isa }) })).session;

const frameOf = (name: string): Frame =>
  session.inspect.stack(0).frames.find(({ place }) => place.function === name)!;
const local = (name: string, frame: Frame): string => {
  const view = session.inspect.locals(frame).find((each) => each.name === name)!;
  return view.value === undefined ? view.problem! : formatValue(view.value);
};
const register = (name: string, frame?: Frame) =>
  session.inspect.floatRegisters(0, frame).find((each) => each.name === name)!;

describe('at a function with numbers in registers', () => {
  beforeEach(async () => {
    session = await open();
    session.breakpoints.setFunctions([{ name: 'leaf' }]);
    expect(await session.run.continue()).toMatchObject({ reason: 'function breakpoint' });
  });

  it('registers are shown by content', () => {
    expect(session.inspect.floatRegisters(0).map(({ name }) => name)).toHaveLength(32);
    expect(register('fa0')).toEqual({
      name: 'fa0',
      number: 'f10',
      value: 0xffff_ffff_3fc0_0000n,
      format: 'float',
      text: '1.5',
    });
    expect(register('fa1')).toMatchObject({ format: 'double', text: '0.75', value: 0x3fe8_0000_0000_0000n });
  });

  it.each([
    [0n, 'double', '0'],
    [1n << 63n, 'double', '-0'],
    [5n, 'raw', undefined],
    [0x7ff0_0000_0000_0000n, 'double', 'inf'],
    [0x7ff8_0000_0000_0000n, 'double', 'nan'],
    [0xffff_ffff_3dcc_cccdn, 'float', '0.1'],
    [0xffff_ffff_ff80_0000n, 'float', '-inf'],
    [0x3fb9_9999_9999_999an, 'double', '0.1'],
  ] as const)('%s is %s %s', (bits, format, text) => {
    session.inspect.setRegister(0, 'ft11', bits);
    expect(register('ft11')).toMatchObject({ value: bits, format, text });
    expect(session.inspect.evaluate('$f31').bytes().length).toBe(format === 'float' ? 4 : 8);
  });

  it('parameters in registers, and locals of callers in registers and on the stack', () => {
    const [leaf, middle, outer] = ['leaf', 'middle', 'outer'].map(frameOf) as [Frame, Frame, Frame];
    expect([local('scale', leaf), local('offset', leaf)]).toEqual(['1.5', '0.75']);
    expect(middle.symbols.registers.home(40)).toEqual({ kind: 'register', register: 40 });
    expect(local('single', middle)).toBe('0.85');
    expect(outer.symbols.registers.home(40)).toMatchObject({ kind: 'memory' });
    expect(local('kept', outer)).toBe('2.25');
    expect(session.inspect.evaluate('kept + $fs0', outer).toNumber()).toBe(4.5);
    expect(register('fs0', outer)).toMatchObject({ format: 'double', text: '2.25' });
    expect(register('fa0', outer).value).toBeUndefined();
  });

  it('a single is set inside its box, in a register and through a variable', async () => {
    const { inspect } = session;
    inspect.assign(inspect.evaluate('$fa0'), '2.5');
    expect(register('fa0')).toMatchObject({ value: 0xffff_ffff_4020_0000n, text: '2.5' });
    inspect.assign(inspect.evaluate('scale'), '4');
    expect(register('fa0')).toMatchObject({ value: 0xffff_ffff_4080_0000n, text: '4' });
    inspect.assign(inspect.evaluate('offset'), '1.25');
    expect(register('fa1')).toMatchObject({ format: 'double', text: '1.25' });
    const outer = frameOf('outer');
    inspect.assign(inspect.evaluate('kept', outer), '100.0', outer);
    inspect.setRegister(0, 'fs0', 0xffff_ffff_4000_0000n, frameOf('middle'));
    expect(local('single', frameOf('middle'))).toBe('2');
    session.breakpoints.setFunctions([]);
    expect(await session.run.continue()).toMatchObject({ kind: 'exit', reason: 'pass' });
    // (4 / 2 + 1.25) * 2 + 100
    expect(inspect.readMemory(session.symbols!.symbols.addressOf('result')!, 8).bytes).toEqual(
      new Uint8Array(new Float64Array([106.5]).buffer),
    );
  });

  it('setting one makes the floating-point state dirty', () => {
    const state = (): string | undefined =>
      session.inspect
        .csrs(0)
        .find(({ name }) => name === 'mstatus')!
        .fields.find(({ name }) => name === 'FS')!.meaning;
    session.inspect.setRegister(0, 'mstatus', session.inspect.evaluate('$mstatus & ~0x6000').toBigInt());
    session.inspect.setRegister(0, 'ft0', 1n);
    expect(state()).toBe('Off');
    session.inspect.setRegister(0, 'mstatus', session.inspect.evaluate('$mstatus | 0x4000').toBigInt());
    session.inspect.setRegister(0, 'ft0', 1n);
    expect(state()).toBe('Dirty');
  });

  it('fcsr and the environment registers say what their fields mean', () => {
    const csr = (name: string) => session.inspect.csrs(0).find((each) => each.name === name)!;
    session.inspect.setRegister(0, 'fcsr', 0b001_10001n);
    expect(csr('fcsr')).toMatchObject({
      text: 'RTZ NV NX',
      fields: [
        { name: 'frm', value: 1n, meaning: 'RTZ' },
        { name: 'fflags', value: 0b10001n, meaning: 'NV NX' },
      ],
    });
    session.inspect.setRegister(0, 'menvcfg', (1n << 63n) | 0xf1n);
    expect(csr('menvcfg').text).toBe('STCE CBZE CBCFE CBIE=cbo.inval allowed FIOM');
    session.inspect.setRegister(0, 'senvcfg', 0x10n);
    expect(csr('senvcfg').text).toBe('CBIE=cbo.inval flushes');
    session.inspect.setRegister(0, 'stimecmp', (1n << 64n) - 1n);
    expect(csr('stimecmp').text).toBe('never');
    expect(csr('mcountinhibit').fields.map(({ name }) => name)).toEqual(['IR', 'CY']);
  });
});

it('a machine without F has none of it', async () => {
  session = await open('rv64imac_zicsr_zifencei');
  expect(session.inspect.floatRegisters(0)).toEqual([]);
  expect(session.inspect.csrs(0).map(({ name }) => name)).not.toContain('fcsr');
  expect(() => session.inspect.setRegister(0, 'fa0', 0n)).toThrow(/no register fa0 on this machine/);
});

it('PMP of M-mode is decoded where the machine has it', async () => {
  session = await open('rv64gc_smepmp');
  session.inspect.setRegister(0, 'mseccfg', 4n);
  expect(session.inspect.csrs(0).find(({ name }) => name === 'mseccfg')?.text).toBe('RLB');
});
