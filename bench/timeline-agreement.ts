/*
 * Whether the permission timeline of a Linux boot is true: npx tsx bench/timeline-agreement.ts IMAGE INITRD [APPEND]
 *
 * Events are replayed, page by page, as they are told. At random stops until the machine is switched off, what they
 * add up to is held to a walk of every hart's page tables. HARTS, MEMORY (MiB), STOPS and SEED are environment
 * variables.
 */
import { readFileSync } from 'node:fs';
import {
  linuxImage,
  Machine,
  type PermissionEvent,
  PermissionTimeline,
  walkMappings,
} from '../emulator/index.ts';

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const [image, initrd, append = 'console=ttyS0'] = process.argv.slice(2);
if (image === undefined || initrd === undefined) {
  console.error('usage: npx tsx bench/timeline-agreement.ts IMAGE INITRD [APPEND]');
  process.exit(2);
}
const SPACING = number('SPACING', 4_000_000);
const USER = 16;
const PERMISSIONS = 0x3e;

interface Page {
  readonly frame: number;
  readonly flags: number;
}

/** By page number, for the supervisor and for each root's user pages. */
class Picture {
  readonly supervisor = new Map<bigint, Page>();
  readonly #users = new Map<bigint, Map<bigint, Page>>();

  user(satp: bigint): Map<bigint, Page> {
    const there = this.#users.get(satp) ?? new Map<bigint, Page>();
    this.#users.set(satp, there);
    return there;
  }

  apply({ cause, satp, start, end, physical, from, to }: PermissionEvent): void {
    if (cause === 'pmp') return;
    for (let page = start >> 12n, offset = 0; page < end >> 12n; page++, offset++) {
      if (from !== 0) this.#space(satp, from).delete(page);
      if (to !== 0) this.#space(satp, to).set(page, { frame: Number(physical! >> 12n) + offset, flags: to });
    }
  }

  #space(satp: bigint, flags: number): Map<bigint, Page> {
    return (flags & USER) === 0 ? this.supervisor : this.user(satp);
  }
}

let seed = number('SEED', 1);
function random(): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return (seed >>> 8) / 2 ** 24;
}

const machine = await Machine.create({
  image: linuxImage(new Uint8Array(readFileSync(image))),
  initrd: new Uint8Array(readFileSync(initrd)),
  commandLine: append,
  harts: number('HARTS', 1),
  memory: number('MEMORY', 512) << 20,
});
let output = '';
machine.observe({ console: (bytes) => void (output += Buffer.from(bytes).toString('latin1')) });
const timeline = new PermissionTimeline(machine);
const picture = new Picture();
const counts = new Map<string, number>();
timeline.listen((event) => {
  picture.apply(event);
  const who = ((event.to === 0 ? event.from : event.to) & USER) === 0 ? 'supervisor' : 'user';
  const key = `${who} ${event.cause} ${event.kind}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
});

let [stops, compared, wrong] = [0, 0, 0];
function complain(text: string): void {
  if (++wrong <= 20) console.log(`step ${machine.step}: ${text}`);
}

function compare(): void {
  timeline.settle();
  stops++;
  for (const hart of machine.harts) {
    if (hart.state === 'stopped') continue;
    const satp = machine.virtual.satp(hart.id) & 0xf000_0fff_ffff_ffffn;
    if (satp >> 60n === 0n) continue;
    const walk = walkMappings(machine.memory, satp);
    let result = walk.next();
    while (result.done !== true) result = walk.next();
    const user = picture.user(satp);
    const left = new Set([...user.keys(), ...picture.supervisor.keys()]);
    for (const { start, end, physical, flags } of result.value.mappings) {
      const pages = (flags & USER) === 0 ? picture.supervisor : user;
      for (let page = start >> 12n, offset = 0; page < end >> 12n; page++, offset++) {
        const seen = pages.get(page);
        compared++;
        left.delete(page);
        if (seen?.frame === Number(physical >> 12n) + offset && seen.flags === (flags & PERMISSIONS))
          continue;
        complain(
          `hart ${hart.id}, satp ${satp.toString(16)}: ${(page << 12n).toString(16)} maps ${physical.toString(16)}+${offset} with ` +
            `${(flags & PERMISSIONS).toString(16)}, told ${JSON.stringify(seen)}`,
        );
      }
    }
    for (const page of left)
      complain(`satp ${satp.toString(16)}: ${(page << 12n).toString(16)} is told, but not mapped`);
  }
}

while (machine.exit === undefined) {
  machine.run(BigInt(1 + Math.floor(random() * SPACING * 2)));
  compare();
}
console.log(output.split('\n').slice(-4).join('\n'));
console.log(`${stops} stops, ${compared} pages compared, ${wrong} wrong; ${machine.step} steps`);
console.table(Object.fromEntries([...counts].sort()));
console.log(timeline.size, timeline.completeFrom, timeline.exhaustive);
process.exit(wrong === 0 ? 0 : 1);
