/**
 * Builds the sample kernels, each with its own Makefile.
 *
 *   tsx scripts/build-samples.ts              in place: the images that are committed
 *   tsx scripts/build-samples.ts --out DIR    into DIR
 *   tsx scripts/build-samples.ts --check      compares the committed images with what the sources build
 *
 * The images are the same, byte for byte, wherever they are built, as long as it is by the same compiler
 * and linker. So others are refused.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PREFIX = 'riscv64-linux-gnu-';
const SAMPLES = fileURLToPath(new URL('../samples', import.meta.url));

/** What the committed images were built with: Debian 12. */
const TOOLCHAIN = [
  { tool: `${PREFIX}gcc`, version: '(Debian 12.2.0-13) 12.2.0', package: 'gcc-riscv64-linux-gnu' },
  {
    tool: `${PREFIX}ld`,
    version: '(GNU Binutils for Debian) 2.40',
    package: 'binutils-riscv64-linux-gnu',
  },
  { tool: 'make', version: 'GNU Make', package: 'make' },
];

export class SampleBuildError extends Error {}

/** Runs a program to its end and returns what it wrote to stdout. */
function run(program: string, args: string[]): string {
  const result = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (result.error) throw new SampleBuildError(`${program} cannot be run: ${result.error.message}`);
  if (result.status !== 0)
    throw new SampleBuildError(`${program} ${args.join(' ')} failed:\n${result.stderr}`);
  return result.stdout;
}

function requireToolchain(): void {
  for (const { tool, version, package: debianPackage } of TOOLCHAIN) {
    let found: string;
    try {
      found = run(tool, ['--version']).split('\n', 1)[0] ?? '';
    } catch {
      throw new SampleBuildError(
        `${tool} is needed to build the samples: install Debian's ${debianPackage}.`,
      );
    }
    if (!found.includes(version)) {
      throw new SampleBuildError(
        `The samples are built with ${tool} ${version}, this is "${found}": use Debian 12's ${debianPackage}.`,
      );
    }
  }
}

/** Names of the samples: the folders that have a Makefile. */
function sampleNames(): string[] {
  return readdirSync(SAMPLES).filter((name) => existsSync(join(SAMPLES, name, 'Makefile')));
}

/** Where a sample's committed image lies. */
function committedImage(name: string): string {
  return join(SAMPLES, name, `${name}.elf`);
}

function build(name: string, elf: string): void {
  const objects = mkdtempSync(join(tmpdir(), `${name}-`));
  try {
    run('make', [
      '-s',
      '-B',
      '-C',
      join(SAMPLES, name),
      `CROSS_COMPILE=${PREFIX}`,
      `OUT=${objects}`,
      `ELF=${elf}`,
    ]);
  } finally {
    rmSync(objects, { recursive: true });
  }
}

/**
 * Builds every sample, into `outDir` (created if needed) or, without one, over the committed images.
 * Throws a SampleBuildError if the toolchain is another one or the build fails.
 */
export function buildSamples(outDir?: string): void {
  requireToolchain();
  if (outDir !== undefined) mkdirSync(outDir, { recursive: true });
  for (const name of sampleNames()) {
    build(name, outDir === undefined ? committedImage(name) : resolve(outDir, `${name}.elf`));
  }
}

/** Throws a SampleBuildError unless every committed image is what its sources build. */
export function checkSamples(): void {
  const outDir = mkdtempSync(join(tmpdir(), 'samples-'));
  try {
    buildSamples(outDir);
    for (const name of sampleNames()) {
      const image = committedImage(name);
      if (!existsSync(image) || !readFileSync(image).equals(readFileSync(join(outDir, `${name}.elf`)))) {
        throw new SampleBuildError(
          `${image} is not what its sources build: run scripts/build-samples.ts and commit it.`,
        );
      }
    }
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

function main(): void {
  try {
    const { values } = parseArgs({ options: { out: { type: 'string' }, check: { type: 'boolean' } } });
    if (values.check) checkSamples();
    else buildSamples(values.out);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
