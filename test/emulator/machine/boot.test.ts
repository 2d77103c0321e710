import { describe, expect, test } from 'vitest';
import { type GuestImage, Machine, type MachineConfig } from '../../../emulator/index.ts';
import { readFdt } from '../../../emulator/fdt/reader.ts';
import { assemble, readElf, start } from './guest.ts';

const LIMIT = 1_000_000_000n;
const OPENSBI = '/usr/lib/riscv64-linux-gnu/opensbi/generic';
const SAMPLE = new URL('../../../samples/resume-bug/resume-bug.elf', import.meta.url).pathname;
const MEMORY = 128 << 20;

describe('what the first instruction finds', () => {
  const PROGRAM = '1: j 1b';

  test('firmware none: M-mode on every hart, a0 the hart, a1 the device tree', async () => {
    const { image } = assemble(PROGRAM, '0x80000000');
    const { machine } = await start(image, { firmware: 'none', harts: 3 });
    for (const hart of machine.harts) {
      expect([hart.state, hart.privilege, hart.pc]).toEqual(['running', 3, 0x8000_0000n]);
      expect(hart.register(10)).toBe(BigInt(hart.id));
      expect(
        readFdt(machine.memory.read(hart.register(11), machine.dtb.length)!).root.children.length,
      ).toBeGreaterThan(3);
    }
  });

  test('builtin: S-mode on hart 0, delegated as OpenSBI does', async () => {
    const { machine } = await start(assemble(PROGRAM).image, { harts: 2 });
    const [first, second] = machine.harts;
    expect([first!.state, first!.privilege, first!.pc, second!.state]).toEqual([
      'running',
      1,
      0x8020_0000n,
      'stopped',
    ]);
    expect(first!.csr(0x303), 'mideleg').toBe(0x222n);
    expect(first!.csr(0x302)! & 0xb109n, 'medeleg').toBe(0xb109n);
    expect(first!.csr(0x180), 'satp').toBe(0n);
  });

  test('firmware image: M-mode at its entry, a2 the fw_dynamic information', async () => {
    const firmware = assemble(PROGRAM, '0x80000000').image;
    const { machine } = await start(assemble(PROGRAM).image, { firmware, harts: 2 });
    for (const hart of machine.harts) {
      expect([hart.state, hart.privilege, hart.pc]).toEqual(['running', 3, 0x8000_0000n]);
      const info = [0n, 1n, 2n, 3n, 4n, 5n].map((i) => machine.memory.read64(hart.register(12) + i * 8n));
      expect(info).toEqual([0x4942_534fn, 2n, 0x8020_0000n, 1n, 0n, 0n]);
    }
  });
});

describe('satp takes the modes the machine has', () => {
  test.each<[MachineConfig['mmu'], bigint[]]>([
    ['sv39', [8n]],
    ['sv48', [8n, 9n]],
    ['sv57', [8n, 9n, 10n]],
  ])('%s', async (mmu, modes) => {
    const { machine } = await start(assemble('1: j 1b').image, { mmu });
    const hart = machine.harts[0]!;
    const taken = [1n, 7n, 8n, 9n, 10n, 11n].filter((mode) => {
      hart.setCsr(0x180, 0n);
      hart.setCsr(0x180, (mode << 60n) | 0x80200n);
      return hart.csr(0x180) !== 0n;
    });
    expect(taken).toEqual(modes);
  });
});

describe('the sample kernel boots, seals itself and runs into the seal on resume', () => {
  const image = readElf(SAMPLE);
  const firmwares: [string, () => NonNullable<MachineConfig['firmware']>][] = [
    ['builtin firmware', () => 'builtin'],
    ['OpenSBI fw_jump', () => readElf(`${OPENSBI}/fw_jump.elf`)],
    ['OpenSBI fw_dynamic', () => readElf(`${OPENSBI}/fw_dynamic.elf`)],
  ];

  /** Console without time stamps and without what the firmware says; where stores were refused. */
  async function story(
    firmware: 'builtin' | 'none' | GuestImage,
  ): Promise<{ lines: string[]; refused: string[]; machine: Machine }> {
    const { machine, console } = await start(image, { firmware, harts: 2, memory: MEMORY });
    machine.trapFilter = { exceptions: 1n << 15n, interrupts: 0n };
    const refused: string[] = [];
    let stop;
    while ((stop = machine.run(LIMIT)).kind === 'trap') {
      const { hart, pc, store } = stop.trap;
      refused.push(
        `${hart} ${pc.toString(16)} ${store!.address.toString(16)} ${store!.oldValue} ${store!.newValue}`,
      );
    }
    expect(stop).toMatchObject({ kind: 'exit', reason: 'fail' });
    const lines = console()
      .split(/\r?\n/)
      .filter((line) => line.startsWith('[ '));
    return { lines: lines.map((line) => line.replace(/^\[[^\]]*\] /, '')), refused, machine };
  }

  test('with the same story under every firmware, twice the same', async () => {
    const stories = [];
    for (const [name, firmware] of firmwares) {
      const [first, second] = [await story(firmware()), await story(firmware())];
      expect([second.machine.step, second.machine.stateHash()], name).toEqual([
        first.machine.step,
        first.machine.stateHash(),
      ]);
      stories.push({ lines: first.lines, refused: first.refused });
    }
    const [builtin] = stories;
    expect(builtin!.lines).toContain('smp: Brought up 2 CPUs');
    expect(builtin!.lines).toContain('Write protected the kernel read-only data: 2048K');
    expect(builtin!.lines).toContain('rodata_test: all tests were successful');
    expect(builtin!.refused.at(-1), 'hart 1, a redundant write').toMatch(/^1 \w+ \w+ (\d+) \1$/);
    for (const other of stories) expect(other).toEqual(builtin);
  });

  test.each([2, 5, 8])('OpenSBI boots on hart 0 of %i', async (harts) => {
    const { machine, console } = await start(image, { firmware: firmwares[1]![1](), harts, memory: MEMORY });
    machine.breakpoints.add(image.entry);
    expect(machine.run(LIMIT)).toMatchObject({ kind: 'breakpoint', hart: 0 });
    expect(console()).toMatch(new RegExp(`Platform HART Count *: ${harts}\\r?\\n`));
  });
});
