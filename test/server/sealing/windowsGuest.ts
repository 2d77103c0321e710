/** Guests of kernel.c with scenarios of their own, compiled with the real compiler and run in a session. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { SessionConfiguration } from '../../../server/session/index.ts';
import { openGuest, type TestGuest } from '../session/guest.ts';

export interface Scenario {
  /** C statements of the first hart, after paging is on; its end switches the machine off. */
  readonly code: string;
  /** Of the second hart, which begins before `code` does. Without it there is one hart. */
  readonly second?: string;
  /** C functions. */
  readonly definitions?: string;
  /** Paging stays off. */
  readonly bare?: boolean;
}

const KERNEL = fileURLToPath(new URL('windows/kernel.c', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'windows-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

/** Path of the image. */
export function compile({ code, second, definitions = '', bare = false }: Scenario): string {
  const output = join(folder, `guest-${++count}`);
  const input = `${output}.c`;
  const defines = {
    DEFINITIONS: definitions,
    SCENARIO: code,
    SECOND: second ?? '',
    BARE: bare ? 1 : 0,
    HARTS: second === undefined ? 1 : 2,
  };
  const lines = Object.entries(defines).map(
    ([name, text]) => `#define ${name} ${String(text).replaceAll(/\s*\n\s*/g, ' ')}\n`,
  );
  writeFileSync(input, lines.join('') + readFileSync(KERNEL, 'utf8'));
  execFileSync('riscv64-linux-gnu-gcc', [
    ...['-g', '-O1', '-ffreestanding', '-nostdlib', '-static', '-mcmodel=medany', '-fno-pie', '-no-pie'],
    ...['-fno-toplevel-reorder', '-fno-omit-frame-pointer', '-march=rv64imac_zicsr', '-mabi=lp64'],
    ...['-Wl,-Ttext=0x80200000', '-Wl,--build-id=none', '-Wl,-N', '-Wl,-z,norelro', '-Wl,-e,_start'],
    ...['-o', output, input],
  ]);
  return output;
}

export async function openScenario(
  scenario: Scenario,
  configuration: Partial<SessionConfiguration> = {},
): Promise<TestGuest> {
  return openGuest({
    program: compile(scenario),
    harts: scenario.second === undefined ? 1 : 2,
    memory: '16M',
    sealed: ['.sealed'],
    ...configuration,
  });
}
