import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSamples } from '../../scripts/build-samples.ts';
import { RESUME_BUG, RESUME_BUG_ELF } from './qemu.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/build-samples.ts', import.meta.url));
const TSX = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'build-samples-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function buildSamples(args: string[], path = process.env['PATH']): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [TSX, SCRIPT, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  return { status, stderr };
}

describe('build-samples', () => {
  it('builds the committed images byte for byte', () => {
    checkSamples();
  });

  it('builds into a folder', () => {
    const out = join(dir, 'out');
    expect(buildSamples(['--out', out])).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(out, 'resume-bug.elf')).equals(readFileSync(RESUME_BUG_ELF))).toBe(true);
  });

  it('says which package is missing', () => {
    expect(buildSamples(['--check'], dir)).toEqual({
      status: 1,
      stderr:
        "riscv64-linux-gnu-gcc is needed to build the samples: install Debian's gcc-riscv64-linux-gnu.\n",
    });
  });

  it('refuses another compiler', () => {
    const compiler = join(dir, 'riscv64-linux-gnu-gcc');
    writeFileSync(compiler, '#!/bin/sh\necho "riscv64-linux-gnu-gcc (Elsewhere) 99.1"\n');
    chmodSync(compiler, 0o755);
    symlinkSync('/bin/sh', join(dir, 'sh'));
    expect(buildSamples(['--check'], dir).stderr).toBe(
      'The samples are built with riscv64-linux-gnu-gcc (Debian 12.2.0-13) 12.2.0, ' +
        `this is "riscv64-linux-gnu-gcc (Elsewhere) 99.1": use Debian 12's gcc-riscv64-linux-gnu.\n`,
    );
  });
});

describe('resume-bug.elf', () => {
  it('names no folder of the machine that built it', () => {
    const info = spawnSync('riscv64-linux-gnu-readelf', ['--debug-dump=info', RESUME_BUG_ELF], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    }).stdout;
    const units = [
      ...info.matchAll(/DW_AT_name +: \(indirect.*\): (\S+\.[cS])\n.*DW_AT_comp_dir +: .*: (.*)\n/g),
    ];
    expect(units.length).toBeGreaterThan(20);
    for (const [, name, compDir] of units) {
      expect(compDir).toBe('.');
      expect(existsSync(join(RESUME_BUG, name ?? ''))).toBe(true);
    }
    expect(readFileSync(RESUME_BUG_ELF, 'latin1')).not.toMatch(/\/(home|usr|tmp|work)\//);
  });

  it('has a launch configuration for every scenario', () => {
    const { configurations } = JSON.parse(readFileSync(join(RESUME_BUG, '.vscode/launch.json'), 'utf8')) as {
      configurations: { type: string; program: string; commandLine: string }[];
    };
    const scenarios = [
      ...readFileSync(join(RESUME_BUG, 'scenario.c'), 'utf8').matchAll(/^\t\{ "([a-z-]+)",/gm),
    ];
    expect(scenarios.length).toBe(8);
    expect(configurations.map((c) => c.commandLine)).toEqual(
      scenarios.map(([, name]) => `scenario=${name ?? ''}`),
    );
  });
});
