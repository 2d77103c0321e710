/*
 * MIPS of the interpreter beside its peers, on the guests of bench/guests: npm run bench:interpreter
 *
 * Rounds are interleaved (every engine once a guest, then the next round), whole processes are timed by their CPU
 * time, start-up and compilation included, and the best round counts. Instructions are counted by our machine;
 * the guests do the same work on every engine. Only ratios within one run mean anything.
 */
import { buildGuests } from './guests.ts';
import { geometricMean, isInstalled, measure } from './measure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 4);
const OURS = 'sealscope';
const SPIKE = process.env['SPIKE'] ?? 'spike';

interface Engine {
  readonly name: string;
  readonly command: (elf: string) => [string, string[]];
}

const qemu = (elf: string, ...more: string[]): [string, string[]] => [
  'qemu-system-riscv64',
  ['-M', 'virt', '-nographic', '-bios', 'none', '-m', '128M', ...more, '-kernel', elf],
];
const engines: Engine[] = [
  {
    name: OURS,
    command: (elf) => [process.execPath, ['dist/sealscope.js', 'run', '--json', '--firmware', 'none', elf]],
  },
  { name: 'QEMU TCG', command: (elf) => qemu(elf) },
  { name: 'QEMU -singlestep', command: (elf) => qemu(elf, '-singlestep') },
];
if (isInstalled(SPIKE)) {
  engines.push({ name: 'Spike', command: (elf) => [SPIKE, ['--isa=rv64imac_zicsr', '-m128', elf]] });
} else console.log(`${SPIKE} is not installed: its column is missing (set SPIKE to its path).`);

interface ExitEvent {
  readonly event: string;
  readonly reason: string;
  readonly instructions: string;
}

function instructionsOf(output: string): number {
  const events = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ExitEvent);
  const exit = events.find((event) => event.event === 'exit');
  if (exit?.reason !== 'pass') throw new Error(`the guest did not pass: ${JSON.stringify(exit)}`);
  return Number(exit.instructions);
}

const guests = buildGuests();
const instructions = new Map<string, number>();
const best = new Map<string, number>();
for (let round = 0; round < ROUNDS; round++) {
  for (const guest of guests) {
    for (const engine of engines) {
      const { cpuSeconds, output } = measure(...engine.command(guest.elf));
      if (engine.name === OURS) instructions.set(guest.name, instructionsOf(output));
      const key = `${engine.name}/${guest.name}`;
      best.set(key, Math.min(best.get(key) ?? Infinity, cpuSeconds));
    }
  }
}

const mips = (engine: string, guest: string): number =>
  instructions.get(guest)! / best.get(`${engine}/${guest}`)! / 1e6;
const table = Object.fromEntries(
  engines.map(({ name }) => {
    const ratios = guests.map((guest) => mips(OURS, guest.name) / mips(name, guest.name));
    const row = Object.fromEntries(guests.map((guest) => [guest.name, Math.round(mips(name, guest.name))]));
    return [name, { ...row, [`${OURS} is × faster`]: Number(geometricMean(ratios).toFixed(2)) }];
  }),
);
console.log(
  `MIPS of CPU time, best of ${ROUNDS} interleaved rounds; last column: geometric mean of the ratios`,
);
console.table(table);
