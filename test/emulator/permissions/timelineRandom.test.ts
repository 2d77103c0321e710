/** Random stores to page tables: what the timeline tells adds up to what a walk finds. */
import { expect, test } from 'vitest';
import {
  type Machine,
  type PermissionEvent,
  PermissionTimeline,
  walkMappings,
} from '../../../emulator/index.ts';
import { assemble, start } from '../machine/guest.ts';

/** In M-mode, where no page table can stop it: does the stores of `script`, pairs of address and value, up to address 0. */
const GUEST = assemble(
  `
  la t0, root; srli t0, t0, 12; li t1, 8 << 60; or t0, t0, t1; csrw satp, t0
  la s0, script
1: ld t0, 0(s0); ld t1, 8(s0); beqz t0, 2f; sd t1, 0(t0); addi s0, s0, 16; j 1b
2: finish 0
  .balign 4096
  root: .skip 16 * 4096
  script:`,
  '0x80000000',
);
const TABLES = 12;
const STORES = 6000;
const PERMISSIONS = 0x3e;
const INDICES = [0, 1, 2, 3, 255, 256, 511];

/** Mulberry32. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Pages by number: frame and permissions. */
class Picture {
  readonly pages = new Map<bigint, string>();

  apply({ start, end, physical, to }: PermissionEvent): void {
    for (let page = start >> 12n, frame = (physical ?? 0n) >> 12n; page < end >> 12n; page++, frame++) {
      if (to === 0) this.pages.delete(page);
      else this.pages.set(page, `${frame} ${to}`);
    }
  }
}

function walked(machine: Machine): Map<bigint, string> {
  const pages = new Map<bigint, string>();
  const walk = walkMappings(machine.memory, machine.virtual.satp(0));
  let result = walk.next();
  while (result.done !== true) result = walk.next();
  for (const { start, end, physical, flags } of result.value.mappings)
    for (let page = start >> 12n, frame = physical >> 12n; page < end >> 12n; page++, frame++)
      pages.set(page, `${frame} ${flags & PERMISSIONS}`);
  return pages;
}

/** Entries of all kinds: leaves, pointers to any table, and nonsense; 1 GiB leaves are left out, for time. */
function entry(random: (below: number) => number, root: bigint, isRoot: boolean): bigint {
  const pick = random(100);
  if (pick < 25) return 0n;
  if (pick < 30) return BigInt(random(1 << 30)) << 1n;
  if (pick < 70 || isRoot) return ((root >> 12n) + BigInt(1 + random(TABLES - 1))) * 1024n + 1n;
  const flags = BigInt(1 | (random(128) << 1) | (random(4) << 8));
  const aligned = random(3) === 0 ? 512n : 1n;
  const napot = random(10) === 0 ? (1n << 63n) | (8n << 10n) : 0n;
  return (BigInt(random(64)) * aligned * 1024n) | flags | napot;
}

test.each([1, 2, 3, 4])('seed %i', async (seed) => {
  const random = randomNumbers(seed);
  const { machine } = await start(GUEST.image, { firmware: 'none' });
  const root = GUEST.symbols.get('root')!;
  const script = new BigUint64Array(STORES * 2 + 2);
  for (let at = 0; at < STORES * 2; at += 2) {
    const table = random(TABLES);
    script[at] = root + BigInt(table * 4096 + INDICES[random(INDICES.length)]! * 8);
    script[at + 1] = entry(random, root, table === 0);
  }
  machine.memory.write(GUEST.symbols.get('script')!, new Uint8Array(script.buffer));
  const timeline = new PermissionTimeline(machine);
  const picture = new Picture();
  timeline.listen((event) => picture.apply(event));
  let compared = 0;
  while (machine.exit === undefined) {
    machine.run(BigInt(1 + random(400)));
    timeline.settle();
    const expected = walked(machine);
    compared += expected.size;
    expect(picture.pages).toEqual(expected);
  }
  expect(compared).toBeGreaterThan(10_000);
  expect(timeline.exhaustive).toBe(true);
  // What the record adds up to is the same.
  const summed = new Picture();
  for (const { start, end, physical, to } of timeline.difference(-1n, machine.step))
    if (to !== 0) summed.apply({ start, end, physical, to } as PermissionEvent);
  expect(summed.pages).toEqual(picture.pages);
});
