/** What a user can look at and change while the guest stands still. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Session, Stop } from '../../../server/session/index.ts';
import { formatValue } from '../../../server/symbols/index.ts';
import { eventsOf, openGuest, readNumber, type TestGuest } from './guest.ts';

describe('inspection', () => {
  let guest: TestGuest;
  let session: Session;
  let stop: Stop;
  beforeEach(async () => {
    guest = await openGuest({ commandLine: 'scenario=late-list pages=4k' });
    session = guest.session;
    stop = (await session.run.continue()) as Stop;
  });

  it('harts: the one at the store, and the one that waits', () => {
    expect(session.inspect.harts()).toMatchObject([
      { hart: 0, state: 'running', privilege: 1, place: { function: 'list_add_tail' } },
      { hart: 1, state: 'waiting', privilege: 1 },
    ]);
    expect(session.inspect.stack(1).frames.map((frame) => frame.place.function)).toContain(
      'secondary_start_kernel',
    );
    expect(() => session.inspect.stack(2)).toThrow(/there is no hart 2/);
    expect(() => session.inspect.frame(0, 99)).toThrow(/has no frame 99/);
  });

  it('locals of inlined and of real frames, globals of their unit', () => {
    const [inner, outer] = session.inspect.stack(0).frames;
    expect(
      session.inspect
        .locals(inner!)
        .map((view) => view.name)
        .sort(),
    ).toEqual(['head', 'new', 'prev']);
    expect(session.inspect.locals(outer!).map((view) => view.name)).toEqual(['ops']);
    const ops = session.inspect.evaluate('ops->name', outer);
    expect(formatValue(ops)).toContain('"wake-clock"');
    expect(session.inspect.globals(outer!).map((view) => view.name)).toContain('syscore_ops_list');
  });

  it('expressions with registers and CSRs, in the frame they are asked in', () => {
    const { inspect } = session;
    expect(inspect.evaluate('$pc').toBigInt()).toBe(stop.place.pc);
    expect(inspect.evaluate('$sp == $x2').toBigInt()).toBe(1n);
    expect(inspect.evaluate('$satp >> 60').toBigInt()).toBe(8n);
    const caller = inspect.stack(0).frames.find((frame) => frame.place.function === 'resume_devices')!;
    expect(inspect.evaluate('$pc', caller).toBigInt()).toBe(caller.place.pc);
    expect(inspect.evaluate('$sp', caller).toBigInt()).toBeGreaterThan(inspect.evaluate('$sp').toBigInt());
    expect(() => inspect.evaluate('no_such_thing')).toThrow(/no_such_thing/);
  });

  it('registers with the symbols they point at, and setting them', () => {
    const registers = session.inspect.registers(0);
    expect(registers).toHaveLength(32);
    expect(registers.map((register) => register.symbol)).toContain('syscore_ops_list');
    session.inspect.setRegister(0, 'a0', -1n);
    expect(session.inspect.evaluate('$a0').toBigInt()).toBe((1n << 64n) - 1n);
    expect(eventsOf(guest, 'changed')).toMatchObject([{ registers: true }]);
    expect(() => session.inspect.setRegister(0, 'zero', 1n)).toThrow(/always 0/);
    expect(() => session.inspect.setRegister(0, 'ao', 1n)).toThrow(
      /no register ao on this machine; did you mean a0/,
    );
  });

  it('a register of an outer frame is set where the callee saved it', () => {
    const { inspect } = session;
    const caller = inspect.stack(0).frames.find((frame) => frame.place.function === 'resume_devices')!;
    const home = caller.symbols.registers.home(8);
    if (home.kind !== 'memory') throw new Error(`s0 is in no memory, but ${home.kind}`);
    const before = inspect.registers(0).find(({ name }) => name === 's0')!.value;
    inspect.setRegister(0, 's0', 0x1234n, caller);
    expect(readNumber(session, home.address, 8)).toBe(0x1234n);
    expect(inspect.registers(0).find(({ name }) => name === 's0')!.value).toBe(before);
    expect(() => inspect.setRegister(0, 'pc', 0n, caller)).toThrow(/the pc of frame \d+ cannot be set/);
    expect(() => inspect.setRegister(0, 'satp', 0n, caller)).toThrow(
      /only general and floating-point registers can/,
    );
    expect(() => inspect.setRegister(0, 'a0', 0n, caller)).toThrow(/is kept nowhere/);
  });

  it('expressions that must not change the guest do not', () => {
    expect(() => session.inspect.evaluatePurely('wakeups = 42')).toThrow(/would change the guest/);
    expect(() => session.inspect.evaluatePurely('$a0 = 1')).toThrow(/would change the guest/);
    expect(session.inspect.evaluatePurely('wakeups').toBigInt()).toBe(1n);
    session.inspect.evaluate('wakeups = 42');
    expect(session.inspect.evaluate('wakeups').toBigInt()).toBe(42n);
  });

  it('CSRs with decoded fields', () => {
    const csrs = new Map(session.inspect.csrs(0).map((csr) => [csr.name, csr]));
    const fields = (name: string) =>
      Object.fromEntries(csrs.get(name)!.fields.map(({ name: field, meaning }) => [field, meaning]));
    expect(fields('satp')['MODE']).toBe('Sv39');
    expect(fields('sstatus')['SPP']).toBe('Supervisor');
    expect(csrs.get('stvec')?.text).toBe('handle_exception');
    expect(fields('pmpcfg0')['pmp0cfg']).toMatch(/^NAPOT rwx/);
    for (const csr of csrs.values())
      for (const { high, low, value } of csr.fields)
        expect(BigInt.asUintN(high - low + 1, csr.value >> BigInt(low))).toBe(value);
  });

  it('memory by virtual and physical address, written whatever the seal says', () => {
    const address = session.symbols!.symbols.addressOf('cpu_caps')!;
    const { bytes, unreadable } = session.inspect.readMemory(address, 16);
    expect(unreadable).toBe(0);
    const physical = session.inspect.walk(address).physical!;
    expect(session.inspect.readMemory(physical, 16, { physical: true }).bytes).toEqual(bytes);
    session.inspect.writeMemory(address, Uint8Array.of(1, 2, 3));
    expect([...session.inspect.readMemory(address, 3).bytes]).toEqual([1, 2, 3]);
    expect(eventsOf(guest, 'changed')).toMatchObject([{ memory: { address, length: 3 }, registers: false }]);
    expect(session.inspect.walk(address).permissions?.write).toBe(false);
  });

  it('memory that is not mapped: as far as it goes, and no write at all', () => {
    expect(session.inspect.readMemory(0n, 8)).toMatchObject({ unreadable: 8 });
    const end = 0xffffffd600000000n + 0x800_0000n;
    expect(session.inspect.readMemory(end - 4n, 16).unreadable).toBe(12);
    expect(() => session.inspect.writeMemory(end - 2n, Uint8Array.of(1, 2, 3, 4))).toThrow(
      /cannot be written/,
    );
    expect([...session.inspect.readMemory(end - 2n, 2).bytes]).not.toEqual([1, 2]);
    expect(session.inspect.readMemory(0x1000_0000n, 1, { physical: true }).unreadable).toBe(1);
  });

  it('assignments change the guest', () => {
    const target = session.inspect.evaluate('wakeups');
    session.inspect.assign(target, '40 + 2');
    expect(session.inspect.evaluate('wakeups').toBigInt()).toBe(42n);
  });

  it('disassembly around an address is made of the same instructions from wherever it starts', () => {
    const around = session.inspect.disassemble(stop.place.pc, 20, 8);
    expect(around[8]).toMatchObject({ address: stop.place.pc, text: stop.refused!.instruction });
    const start = around[0]!.address;
    expect(session.inspect.disassemble(start, 20).map((each) => each.address)).toEqual(
      around.map((each) => each.address),
    );
    expect(session.inspect.disassemble(0n, 2).map((each) => each.text)).toEqual(['unreadable', 'unreadable']);
    expect(around[8]!.place).toMatchObject({ function: 'list_add_tail' });
  });

  it('page walks, in words', () => {
    const address = session.symbols!.symbols.addressOf('cpu_caps')!;
    const walk = session.inspect.walk(address);
    expect(walk).toMatchObject({
      mode: 'sv39',
      size: 4096n,
      permissions: { read: true, write: false },
      linked: { write: true },
    });
    expect(walk.steps.map((step) => step.level)).toEqual([2, 1, 0]);
    expect(session.inspect.walk(0n)).toMatchObject({
      physical: undefined,
      problem: expect.stringMatching(/not valid/) as string,
    });
  });

  it('a stale TLB entry is told apart from the page table', () => {
    const address = session.symbols!.symbols.addressOf('cpus')!;
    const { steps } = session.inspect.walk(address);
    const leaf = steps.at(-1)!;
    const sealed = new Uint8Array(8);
    new DataView(sealed.buffer).setBigUint64(0, leaf.entry & ~4n, true);
    session.inspect.writeMemory(leaf.address, sealed, { physical: true });
    const walk = session.inspect.walk(address);
    expect(walk.permissions?.write).toBe(false);
    expect(walk.stale === undefined || walk.stale.write).toBe(true);
  });
});

describe('verbs', () => {
  it('speak where a user asks', async () => {
    const { session } = await openGuest({ commandLine: 'scenario=resume pages=4k' });
    const verbs = { run: (text: string) => session.verbs.run(text).text };
    expect(verbs.run('fault')).toBe('No refused store waits.');
    expect(() => verbs.run('fault retry')).toThrow(/no refused store waits/);
    expect(verbs.run('seals')).toMatch(/^rodata .* open /);
    const stop = (await session.run.continue()) as Stop;
    expect(verbs.run('fault')).toBe(stop.text);
    expect(verbs.run('fault retry')).toMatch(/These lose their seal too: .*__cpu_possible_mask/);
    expect(session.seals.chosen).toBe('retry');
    expect(() => verbs.run('fault later')).toThrow(
      /usage: fault oops\|retry\|write-once\|skip \[go\], not "later"/,
    );
    expect(verbs.run('pt cpu_caps')).toMatch(/page .* \(4 KiB\) now r--\n {2}linked {3}rw-/);
    expect(verbs.run('pt &cpu_caps')).toBe(verbs.run('pt cpu_caps'));
    expect(() => verbs.run('pt')).toThrow(/usage: pt ADDRESS/);
    expect(verbs.run('seals')).toMatch(/sealed .*\n.*ro_after_init.*\n.*sealed by mark_rodata_ro\(\)/);
    expect(verbs.run('sealed caps')).toMatch(/cpu_caps/);
    expect(verbs.run('sealed suspend_stats')).toBe('No sealed object has "suspend_stats" in its name.');
    expect(verbs.run('findings')).toMatch(/^2× {2}Refused store by copy_to_kernel_nofault/);
    expect(verbs.run('help')).toContain('fault oops|retry|write-once|skip');
    expect(() => verbs.run('help me')).toThrow(/takes no argument/);
    expect(() => verbs.run('seal')).toThrow(/no verb "seal"; did you mean seals/);
  });

  it('are told from expressions, and complete', async () => {
    const { session } = await openGuest();
    const { verbs } = session;
    for (const text of ['fault', ' fault retry', 'pt $pc', 'pt &cpu_caps', 'pt *p', 'seals', 'help'])
      expect([text, verbs.recognises(text)]).toEqual([text, true]);
    for (const text of ['faults', 'pt = 3', 'pt->x', 'seals.count', 'pt[0]', 'pt + 1', '$pc', ''])
      expect([text, verbs.recognises(text)]).toEqual([text, false]);
    expect(verbs.complete('fault w', 7)).toMatchObject([
      { text: 'write-once', start: 6 },
      { text: 'write-once go', start: 6 },
    ]);
    expect(verbs.complete('fau', 3)).toMatchObject([{ text: 'fault', start: 0 }]);
    expect(verbs.complete('sealed possible', 15)).toMatchObject([{ text: '__cpu_possible_mask', start: 7 }]);
    expect(verbs.complete('seals ', 6)).toEqual([]);
    const texts = (text: string): string[] => verbs.complete(text, text.length).map((each) => each.text);
    expect(texts('cpu_ca')).toEqual(['cpu_caps', 'cpu_caps_init']);
    expect(texts('cpu_caps.')).toContain('features');
    expect(texts('cpu_caps.features[2].b')).toEqual(['bits']);
    expect(texts('pt &uart_driver.us')).toEqual(['users']);
    expect(texts('1 + $mstat')).toEqual(['$mstatus']);
    expect(texts('cpus[0].isa[0].')).toEqual([]);
    expect(texts('no_such_thing->')).toEqual([]);
    expect(texts('12')).toEqual([]);
  });
});
