/** Runs the real `sealscope` process, as a shell would. */
import { Ajv } from 'ajv';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const sealscope = `${root}dist/sealscope.js`;
export const sampleImage = `${root}samples/resume-bug/resume-bug.elf`;

export interface Finished {
  /** Undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Starts it, with its output in pipes that the caller reads. */
export function startSealscope(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [sealscope, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs it to its end. */
export async function runSealscope(args: readonly string[], options: ProcessOptions = {}): Promise<Finished> {
  if (!existsSync(sealscope)) throw new Error('dist/sealscope.js is missing: npm run build');
  const child = spawn(process.execPath, [sealscope, ...args], {
    cwd: options.cwd ?? root,
    env: { ...process.env, NO_COLOR: '', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
  child.stdin.end(options.stdin ?? '');
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return {
    status: status ?? undefined,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

export interface PlaceJson {
  readonly pc: string;
  readonly function: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

export interface SealJson extends PlaceJson {
  readonly event: 'seal';
  readonly step: string;
  readonly hart: number;
  readonly change: string;
  readonly regions: readonly { readonly name: string; readonly start: string; readonly end: string }[];
}

interface WriterJson extends PlaceJson {
  readonly step: string;
  readonly hart: number;
  readonly newValue: string;
}

export interface SealedWriteJson extends PlaceJson {
  readonly event: 'sealedWrite';
  readonly step: string;
  readonly hart: number;
  readonly address: string;
  readonly symbol: string | null;
  readonly offset: number;
  readonly size: number;
  readonly oldValue: string;
  readonly newValue: string;
  readonly redundant: boolean;
  readonly action: string;
  readonly stack: readonly PlaceJson[];
  readonly member: string | null;
  readonly report: {
    readonly story: string;
    readonly class: string;
    readonly also: readonly string[];
    readonly kind: string;
    readonly sourceLine: string | null;
    readonly object: { readonly file: string; readonly line: number; readonly inRegion: boolean } | null;
    readonly parts: readonly { readonly size: number; readonly refused: boolean }[];
    readonly sealedBy: (PlaceJson & { readonly step: string; readonly hart: number }) | null;
    readonly page: {
      readonly address: string;
      readonly size: number;
      readonly linked: string | null;
      readonly now: string;
    };
    readonly neighbours: readonly { readonly name: string; readonly sealed: boolean }[];
    readonly writers: { readonly first: WriterJson | null; readonly latest: WriterJson | null };
    readonly root: { readonly kind: string; readonly text: string };
    readonly fixes: readonly { readonly text: string }[];
    readonly oops: readonly string[];
  };
}

export interface ExitJson {
  readonly event: 'exit';
  readonly reason: string;
  readonly status: number;
  readonly instructions: string;
  readonly sealedWrites: number;
  readonly degraded: boolean;
  readonly stateHash?: string;
}

export interface WhatIfJson {
  readonly event: 'whatIf';
  readonly change: 'sealed' | 'report';
  readonly since: string | null;
  readonly results?: readonly {
    readonly spec: string;
    readonly state: string;
    readonly verdict: string;
    readonly after: { readonly stores: number };
  }[];
}

export interface WriteOnceJson extends PlaceJson {
  readonly event: 'writeOnce';
  readonly check: string;
  readonly object: { readonly address: string; readonly size: number; readonly cache: string | null } | null;
  readonly story: string;
}

export interface WriteOnceSummaryJson {
  readonly event: 'writeOnceSummary';
  readonly fragmentation: {
    readonly pages: number;
    readonly heldByOne: number;
    readonly liveObjects: number;
  };
  readonly violations: readonly { readonly check: string; readonly count: number }[];
  readonly objects?: readonly {
    readonly lives: number;
    readonly events: readonly { readonly kind: string }[];
  }[];
}

export interface WindowJson {
  readonly event: 'window';
  readonly number: number;
  readonly opener: PlaceJson;
  readonly harts: readonly { readonly hart: number; readonly by: string }[];
}

export interface ViolationJson extends PlaceJson {
  readonly event: 'violation';
  readonly kind: string;
}

export interface RacesJson {
  readonly event: 'races';
  readonly window: number;
}

export type EventJson =
  | { readonly event: 'console'; readonly text: string }
  | SealJson
  | SealedWriteJson
  | WhatIfJson
  | WindowJson
  | ViolationJson
  | RacesJson
  | WriteOnceJson
  | WriteOnceSummaryJson
  | ExitJson;

const schema = JSON.parse(readFileSync(new URL('events.schema.json', import.meta.url), 'utf8')) as object;
const isEvent = new Ajv({ allErrors: true, allowUnionTypes: true }).compile<EventJson>(schema);

/** A finished run under `--json`, its lines checked against the schema. */
export class JsonRun {
  readonly events: readonly EventJson[];

  constructor(
    readonly finished: Finished,
    args: readonly string[],
  ) {
    this.events = finished.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const event = JSON.parse(line) as unknown;
        if (!isEvent(event))
          throw new Error(
            `sealscope ${args.join(' ')}: ${line}\n${JSON.stringify(isEvent.errors, undefined, 2)}`,
          );
        return event;
      });
  }

  get status(): number | undefined {
    return this.finished.status;
  }

  get console(): string {
    return this.events.map((event) => (event.event === 'console' ? event.text : '')).join('');
  }

  get seals(): SealJson[] {
    return this.events.filter((event) => event.event === 'seal');
  }

  get sealedWrites(): SealedWriteJson[] {
    return this.events.filter((event) => event.event === 'sealedWrite');
  }

  get whatIf(): WhatIfJson[] {
    return this.events.filter((event) => event.event === 'whatIf');
  }

  get exit(): ExitJson {
    const last = this.events[this.events.length - 1];
    expect(last?.event, this.finished.stderr).toBe('exit');
    return last as ExitJson;
  }
}

/** `sealscope run --json` to its end. */
export async function runJson(args: readonly string[], options?: ProcessOptions): Promise<JsonRun> {
  const all = ['run', '--json', ...args];
  return new JsonRun(await runSealscope(all, options), all);
}

/** The bundled sample with two harts. */
export function runSample(scenario: string, ...args: readonly string[]): Promise<JsonRun> {
  return runJson([
    '--harts',
    '2',
    '--append',
    `scenario=${scenario}`,
    '--max-instructions',
    '50000000',
    ...args,
    sampleImage,
  ]);
}
