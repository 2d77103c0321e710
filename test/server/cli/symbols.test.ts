/** `sealscope symbols`, compared with what binutils say of the same image. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runSealscope, sampleImage } from './sealscope.ts';

interface SymbolLine {
  readonly kind: 'symbol';
  readonly name: string;
  readonly address: string;
  readonly size: number;
  readonly type: string | null;
  readonly section: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly region: string | null;
  readonly intended: boolean;
}
interface RegionLine {
  readonly kind: 'region';
  readonly name: string;
  readonly start: string;
  readonly end: string;
}

async function listed(...args: readonly string[]): Promise<(SymbolLine | RegionLine)[]> {
  const { status, stdout, stderr } = await runSealscope(['symbols', '--json', ...args, sampleImage]);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SymbolLine | RegionLine);
}

/** Objects as readelf lists them: value and size by name. */
function readelf(): { name: string; address: bigint; size: number }[] {
  const text = execFileSync('riscv64-linux-gnu-readelf', ['-sW', sampleImage], { encoding: 'utf8' });
  return [...text.matchAll(/^ *\d+: ([0-9a-f]{16}) +(\S+) OBJECT +\S+ +\S+ +\d+ (\S+)$/gm)].map(
    ([, address, size, name]) => ({ name: name!, address: BigInt(`0x${address!}`), size: Number(size) }),
  );
}

function address(name: string): bigint {
  const text = execFileSync('riscv64-linux-gnu-nm', [sampleImage], { encoding: 'utf8' });
  return BigInt(`0x${new RegExp(`^(\\S+) . ${name}$`, 'm').exec(text)![1]!}`);
}

const key = ({ name, address, size }: { name: string; address: bigint | string; size: number }): string =>
  `${BigInt(address).toString(16)} ${size} ${name}`;

describe('sealscope symbols', () => {
  it('lists every object', async () => {
    const symbols = (await listed()).filter((line) => line.kind === 'symbol');
    expect(symbols.map(key).sort()).toEqual(readelf().map(key).sort());
    expect(symbols.map((line) => BigInt(line.address))).toEqual(
      symbols.map((line) => BigInt(line.address)).sort((a, b) => (a < b ? -1 : 1)),
    );
  });

  it('--sealed lists the regions and what is in them', async () => {
    const lines = await listed('--sealed');
    const [region] = lines.filter((line) => line.kind === 'region');
    const [start, end] = [address('__start_rodata'), address('_data')];
    expect(region).toMatchObject({ start: `0x${start.toString(16)}`, end: `0x${end.toString(16)}` });
    const symbols = lines.filter((line) => line.kind === 'symbol');
    const inside = readelf().filter((object) => object.address >= start && object.address < end);
    expect(symbols.map(key).sort()).toEqual(inside.map(key).sort());

    const caps = symbols.find(({ name }) => name === 'cpu_caps')!;
    expect(caps).toMatchObject({ type: 'struct cpu_caps', section: '.data..ro_after_init', intended: true });
    expect(caps.file).toMatch(/cpufeature\.c$/);
    // Nobody meant these to be sealed: they lie between the borders of the seal.
    expect(symbols.filter(({ intended }) => !intended).map(({ name }) => name)).toEqual([
      'suspend_stats',
      'wake_table',
    ]);
  });

  it('--seal says what another seal would cover', async () => {
    const lines = await listed('--sealed', '--seal', 'cpu_caps', '--seal', '.bss');
    expect(lines.filter((line) => line.kind === 'region').map(({ name }) => name)).toEqual([
      'cpu_caps',
      '.bss',
    ]);
  });

  it('is a table for people', async () => {
    const { stdout } = await runSealscope(['symbols', '--sealed', sampleImage]);
    expect(stdout).toMatch(/^rodata {2}0x\S+\.\.0x\S+ {2}2 MiB, \d+ objects/);
    expect(stdout).toMatch(/cpu_caps .* struct cpu_caps .*cpufeature\.c:\d+/);
    expect(stdout).toMatch(/suspend_stats .*not meant to be sealed/);
  });
});
