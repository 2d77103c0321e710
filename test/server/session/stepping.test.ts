/** Steps in terms of the source, on optimised code with inlined functions, before and after paging is on. */
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RunResult, Session, Stop } from '../../../server/session/index.ts';
import { openGuest } from './guest.ts';

const FOLDER = 'samples/resume-bug';

/** Line of the only place in a file that contains `text`. */
function lineOf(file: string, text: string): number {
  const lines = readFileSync(`${FOLDER}/${file}`, 'utf8').split('\n');
  const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  if (found.length !== 1) throw new Error(`${file} has "${text}" ${found.length} times`);
  return found[0]!;
}

const at = (file: string, text: string): string => `${file}:${lineOf(file, text)}`;

describe('stepping', () => {
  let session: Session;
  /** `function file:line` of the innermost frame, inlined functions included. */
  const where = (result: RunResult): string => {
    if (result.kind !== 'stop') return `the guest ended: ${result.reason}`;
    const { place } = result;
    return `${place.function} ${place.file?.replace(`${FOLDER}/`, '') ?? '?'}:${place.line ?? 0}`;
  };
  const runTo = async (name: string): Promise<Stop> => {
    session.breakpoints.setFunctions([{ name }]);
    const stop = await session.run.continue();
    session.breakpoints.setFunctions([]);
    if (stop.kind !== 'stop') throw new Error('the guest ended');
    return stop;
  };
  beforeEach(async () => {
    ({ session } = await openGuest({ commandLine: 'scenario=hotplug pages=2m' }));
  });

  it('next walks the lines of a function and leaves calls behind', async () => {
    expect(where(await runTo('cpu_hotplug_cycle'))).toContain('cpu_hotplug_cycle power.c:');
    expect(where(await session.run.next(0))).toBe(
      `cpu_hotplug_cycle ${at('power.c', 'if (!cpu_down(id) && !cpu_up(id))')}`,
    );
    // cpu_down ran to its end, and with it a lot of the other hart; cpu_up meets the seal.
    const stop = await session.run.next(0);
    expect(stop).toMatchObject({
      kind: 'stop',
      reason: 'exception',
      refused: { object: { symbol: '__cpu_possible_mask' } },
    });
  });

  it('step in enters a function behind its prologue, step out returns to the call', async () => {
    await runTo('cpu_hotplug_cycle');
    await session.run.next(0);
    const inside = await session.run.stepIn(0);
    expect(where(inside)).toContain('cpu_down smp.c:');
    const frames = session.inspect.stack(0).frames.map((frame) => frame.place.function);
    expect(frames.slice(0, 3)).toEqual(['cpu_down', 'cpu_hotplug_cycle', 'scenario_run']);
    expect(where(await session.run.stepOut(0))).toBe(
      `cpu_hotplug_cycle ${at('power.c', 'if (!cpu_down(id) && !cpu_up(id))')}`,
    );
  });

  it('step in shows inlined functions as calls, next steps over them', async () => {
    const inlined = await runTo('set_cpu_possible');
    expect(where(inlined)).toBe(`set_cpu_possible ${at('smp.c', '__cpu_possible_mask.bits |= BIT(id);')}`);
    expect(
      session.inspect
        .stack(0)
        .frames.slice(0, 2)
        .map((frame) => frame.symbols.inlined),
    ).toEqual([true, false]);
    const out = await session.run.stepOut(0);
    expect((out as Stop).place.function).toBe('smp_add_hart');
  });

  it('works before paging is on: breakpoints, lines and the stack of code that runs at its load address', async () => {
    const stop = await runTo('setup_vm');
    expect(stop.place.pc >> 32n).toBe(0n);
    expect(where(stop)).toContain('setup_vm mm/init.c:');
    expect(session.inspect.stack(0).frames.map((frame) => frame.place.function)).toEqual([
      'setup_vm',
      '_start',
    ]);
    expect(session.inspect.evaluate('early_pmd[0]').toBigInt()).toBe(0n);
    const next = await session.run.next(0);
    expect(where(next)).toContain('setup_vm mm/init.c:');
    expect((next as Stop).place.line).toBeGreaterThan(stop.place.line!);
    expect((await session.run.stepOut(0)) as Stop).toMatchObject({ place: { function: '_start' } });
    expect(session.inspect.evaluate('early_pmd[0] != 0').toBigInt()).toBe(1n);
  });

  it('an instruction is one instruction, or over a call the whole call', async () => {
    const { place } = await runTo('cpu_hotplug_cycle');
    const one = await session.run.stepIn(0, 'instruction');
    const list = session.inspect.disassemble(place.pc, 2);
    expect((one as Stop).place.pc).toBe(list[1]?.address);
    for (let count = 0; count < 40; count++) {
      const [here, behind] = session.inspect.disassemble(session.inspect.harts()[0]!.pc, 2);
      const stop = (await session.run.next(0, 'instruction')) as Stop;
      if (!here!.text.startsWith('jal ')) continue;
      expect(stop.place.pc).toBe(behind!.address);
      return;
    }
    throw new Error('no call among 40 instructions');
  });

  it('a breakpoint inside a call ends the step over it', async () => {
    await runTo('cpu_hotplug_cycle');
    await session.run.next(0);
    session.breakpoints.setFunctions([{ name: 'wait_for_state' }]);
    const stop = await session.run.next(0);
    expect(stop).toMatchObject({
      kind: 'stop',
      reason: 'function breakpoint',
      place: { function: 'wait_for_state' },
    });
  });

  it('only the stepped hart counts: the other one runs through the same code unseen', async () => {
    const stop = await runTo('secondary_start_kernel');
    expect(stop.hart).toBe(1);
    const next = await session.run.next(1);
    expect(next).toMatchObject({ kind: 'stop', reason: 'step', hart: 1 });
    expect(session.inspect.harts()[0]?.state).toBe('running');
  });

  it('run to an address, and jump', async () => {
    const { symbols } = session.symbols!;
    const address = symbols.addressOf('mark_rodata_ro')!;
    expect(await session.run.runTo(address)).toMatchObject({
      reason: 'step',
      place: { pc: address, function: 'mark_rodata_ro' },
    });
    const elsewhere = symbols.addressOf('scenario_run')!;
    session.run.jump(0, elsewhere);
    expect(session.run.stopped).toMatchObject({ reason: 'goto', place: { function: 'scenario_run' } });
    expect(() => session.run.jump(0, elsewhere + 1n)).toThrow(/odd/);
    expect(() => session.run.jump(7, elsewhere)).toThrow(/there is no hart 7; this machine has 0 to 1/);
  });

  it('stepping at a refused store without a choice enters the trap handler', async () => {
    const stop = await session.run.continue();
    expect(stop).toMatchObject({ reason: 'exception' });
    const entered = (await session.run.next(0)) as Stop;
    expect(entered.place.function).toBe('handle_exception');
    expect(session.seals.pending).toBeUndefined();
  });
});
