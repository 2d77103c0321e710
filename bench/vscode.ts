/*
 * How long the extension takes in VS Code: its activation, and from F5 to the first stop and to the sample's refused
 * store. Every run has a window, an extension host and a debug adapter of its own: npm run bench:vscode -- [runs]
 *
 * Needs what the tests in VS Code need (test/vscode/README.md). Other work on the computer shows in the maximum
 * first.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUpTestEditor } from '../scripts/vscode/setup.ts';
import { Editor } from '../test/vscode/editor.ts';
import { artefacts, bundleForHost, copySample, expectBuilt, repository } from '../test/vscode/fixture.ts';
import type { Startup } from './vscode/host.ts';

/** For one run, in milliseconds. */
const LIMIT = 120_000;

const LABELS: Record<keyof Startup, string> = {
  activation: 'activation',
  firstStop: 'F5 to the first stop',
  fault: 'F5 to the fault',
};

const runs = Number(process.argv[2] ?? 10);
if (!Number.isInteger(runs) || runs < 1) throw new Error('The number of runs is a whole number above 0.');
expectBuilt();
mkdirSync(artefacts, { recursive: true });
const tests = await bundleForHost(join('bench', 'vscode', 'host.ts'), 'bench.cjs');
const installed = setUpTestEditor(console.log);
const directory = mkdtempSync(join(tmpdir(), 'sealscope-bench-'));
const results = join(directory, 'results.json');
const editor = await Editor.start(
  installed,
  { SEALSCOPE_BENCH_RESULTS: results },
  join(artefacts, 'bench.log'),
);
const measured: Startup[] = [];
try {
  for (let run = 0; run < runs; run++) {
    // One that was open before would bring its editors back, and they the extension.
    const folder = join(directory, `run-${run}`);
    copySample(folder);
    await editor.run({ folder, extension: repository, tests }, LIMIT);
    const outcome = JSON.parse(readFileSync(results, 'utf8')) as Startup | string;
    if (typeof outcome === 'string') throw new Error(outcome);
    measured.push(outcome);
  }
} finally {
  await editor.close();
  rmSync(directory, { recursive: true });
}

console.log(`${runs} runs, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}`);
for (const [name, label] of Object.entries(LABELS) as [keyof Startup, string][]) {
  const sorted = measured.map((each) => each[name]).sort((a, b) => a - b);
  const at = (part: number): string => sorted[Math.floor(part * (sorted.length - 1))]!.toFixed(0).padStart(5);
  console.log(`${label.padEnd(22)} min ${at(0)}  median ${at(0.5)}  max ${at(1)} ms`);
}
