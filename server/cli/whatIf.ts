/** `sealscope what-if`: the same candidates in several scenarios, and which of them hold where refusing has effects. */
import { performance } from 'node:perf_hooks';
import { bisect } from '../sealing/whatIf/bisect.ts';
import {
  mergeScenarios,
  openSession,
  type Annotation,
  type Exit,
  type SealChoice,
  type WhatIfReport,
} from '../session/index.ts';
import { nodeHost } from '../session/nodeHost.node.ts';
import { counted, grouped, listed } from '../session/report/index.ts';
import { exitStatus, signalStatus, statusOf, UsageError } from './exitStatus.ts';
import type { Interruptions } from './interruption.ts';
import { sessionConfiguration, type RunOptions } from './options.ts';
import { Output } from './output.ts';
import { WhatIfFiles } from './whatIfFile.ts';
import { annotationJson, annotationLines } from './whatIfReport.ts';

export interface WhatIfOptions extends RunOptions {
  /** `NAME=TEXT`: what the kernel's command line has in addition. */
  readonly scenario: readonly string[];
  /** Text that the guest has to print for a run to count as good. */
  readonly expect?: string;
}

/** A run that is asked for. */
interface Scenario {
  readonly name: string;
  readonly commandLine: string | undefined;
}

interface Outcome {
  readonly exit: Exit;
  readonly output: string;
  readonly report: WhatIfReport;
  readonly seconds: number;
}

/** What is needed for every run of a command. */
interface Runs {
  readonly image: string;
  readonly options: WhatIfOptions;
  readonly files: WhatIfFiles;
  readonly scenarios: readonly Scenario[];
  readonly signal: AbortSignal;
}

/** A broken run may loop: it gets this many times the instructions of a good one. */
const PATIENCE = 2n;
/** Enough of the guest's output to look for a text in; the end counts. */
const MAX_OUTPUT = 1 << 20;

/** Every scenario once, each store logged and let through. Resolves to the exit status. */
export async function whatIfRun(
  image: string,
  options: WhatIfOptions,
  interruptions: Interruptions,
): Promise<number> {
  const runs = runsOf(image, options, interruptions);
  const [output, notes] = [new Output(process.stdout), new Output(process.stderr)];
  const done: { readonly name: string; readonly report: WhatIfReport; readonly outcome: Outcome }[] = [];
  for (const scenario of runs.scenarios) {
    const outcome = await runOnce(runs, scenario, runs.files.specs, 'log');
    if (interruptions.first !== undefined) return signalStatus[interruptions.first];
    done.push({ name: scenario.name, report: outcome.report, outcome });
    notes.line(`sealscope: ${scenarioText(scenario, outcome)}`);
  }
  const annotations = mergeScenarios(done);
  if (options.json) writeJson(output, done, annotations);
  else output.lines(annotationLines(annotations, thisOrThese(runs.scenarios)));
  if (done.some(({ outcome }) => !isGood(outcome, options))) return exitStatus.failed;
  const isWritten = annotations.some(({ storesAfter }) => storesAfter > 0);
  return options.failOnSealedWrite && isWritten ? exitStatus.sealedWrites : exitStatus.ok;
}

/**
 * Candidates that nobody writes hold: refusing never happens. For the others it is tried whether the guest still ends
 * as it should when their stores are refused (`oops`) or dropped (`skip`).
 */
export async function whatIfBisect(
  image: string,
  options: WhatIfOptions,
  interruptions: Interruptions,
): Promise<number> {
  const policy = options.onSealedWrite;
  if (policy !== 'oops' && policy !== 'skip')
    throw new UsageError(
      'what-if bisect: --on-sealed-write is oops (deliver the fault) or skip (drop the store)',
    );
  const runs = runsOf(image, options, interruptions);
  const [output, notes] = [new Output(process.stdout), new Output(process.stderr)];
  const written = new Set<string>();
  const limits = new Map<string, bigint>();
  for (const scenario of runs.scenarios) {
    const outcome = await runOnce(runs, scenario, runs.files.specs, 'log');
    notes.line(`sealscope: ${scenarioText(scenario, outcome)}`);
    if (!isGood(outcome, options))
      throw new UsageError(
        `scenario ${scenario.name} does not end well even when every store is let through`,
      );
    limits.set(scenario.name, outcome.exit.step * PATIENCE);
    for (const { spec, storesAfter } of outcome.report.results) if (storesAfter > 0) written.add(spec);
  }
  let count = 0;
  const holds = async (specs: readonly string[]): Promise<boolean> => {
    for (const scenario of runs.scenarios) {
      const outcome = await runOnce(runs, scenario, specs, policy, limits.get(scenario.name));
      const good = isGood(outcome, options);
      notes.line(
        `sealscope: run ${++count}: ${counted(specs.length, 'candidate')} in ${scenario.name}: ${good ? 'holds' : `breaks (${endText(outcome.exit)})`}`,
      );
      if (!good) return false;
    }
    return true;
  };
  const [unwritten, tried] = [false, true].map((is) =>
    runs.files.specs.filter((spec) => written.has(spec) === is),
  ) as [string[], string[]];
  const { held, broken } = await bisect(unwritten, tried, holds);
  const late = held.filter((spec) => written.has(spec));
  if (options.json)
    output.line(JSON.stringify({ kind: 'bisection', runs: count, policy, unwritten, held: late, broken }));
  else
    output.lines([
      ...group(`never written after the seal in ${thisOrThese(runs.scenarios)}`, unwritten),
      ...group(`written, and the guest ends well although each store is answered by ${policy}`, late),
      ...group('breaks the guest', broken),
    ]);
  return broken.length > 0 && options.failOnSealedWrite ? exitStatus.sealedWrites : exitStatus.ok;
}

function runsOf(image: string, options: WhatIfOptions, interruptions: Interruptions): Runs {
  if (options.whatIf.length === 0)
    throw new UsageError(
      'what-if: give candidates with --what-if FILE; sealscope symbols --candidates lists some',
    );
  const ending = new AbortController();
  interruptions.onFirst(() => ending.abort());
  const scenarios = options.scenario.map((text): Scenario => {
    const [, name, more] = /^([^=\s]+)=(.*)$/.exec(text) ?? [];
    if (name === undefined) throw new UsageError(`--scenario ${text}: give NAME=TEXT`);
    return {
      name,
      commandLine: [options.append, more].filter((part) => part !== undefined && part !== '').join(' '),
    };
  });
  return {
    image,
    options,
    files: new WhatIfFiles(options.whatIf),
    scenarios: scenarios.length === 0 ? [{ name: 'run', commandLine: options.append }] : scenarios,
    signal: ending.signal,
  };
}

async function runOnce(
  { image, options, files, signal }: Runs,
  { commandLine }: Scenario,
  specs: readonly string[],
  policy: SealChoice,
  limit?: bigint,
): Promise<Outcome> {
  const session = await openSession(
    {
      ...sessionConfiguration(image, options),
      commandLine,
      whatIf: specs,
      onSealedWrite: policy,
      maxSteps: options.maxInstructions ?? limit,
    },
    nodeHost(),
  ).catch((error: unknown) => {
    throw files.placed(error);
  });
  try {
    let output = '';
    session.listen((event) => {
      if (event.type === 'console') output = (output + event.text).slice(-MAX_OUTPUT);
    });
    session.console.end();
    signal.addEventListener('abort', () => session.run.pause(), { once: true });
    const started = performance.now();
    let result = await session.run.continue();
    while (result.kind === 'stop' && !signal.aborted) result = await session.run.continue();
    const exit: Exit =
      result.kind === 'exit' ? result : { kind: 'exit', reason: 'stop', status: 0, step: result.step };
    return { exit, output, report: session.whatIf.report(), seconds: (performance.now() - started) / 1000 };
  } finally {
    session.close();
  }
}

function isGood({ exit, output, report }: Outcome, { expect }: WhatIfOptions): boolean {
  const ended = exit.reason !== 'stop' && statusOf(exit) === exitStatus.ok;
  return ended && report.since !== undefined && (expect === undefined || output.includes(expect));
}

function scenarioText({ name }: Scenario, { exit, report, seconds }: Outcome): string {
  const written = report.results.filter(({ storesAfter }) => storesAfter > 0).length;
  const held =
    report.since === undefined
      ? `never came to "${report.after}"`
      : `${counted(report.results.length, 'candidate')} sealed since ${report.since}, ${grouped(written)} written after it`;
  return `scenario ${name}: ${held}; ${endText(exit)}, ${grouped(exit.step)} instructions in ${seconds.toFixed(1)} s`;
}

function endText({ reason, status }: Exit): string {
  return status === 0 ? reason : `${reason} ${status}`;
}

function thisOrThese(scenarios: readonly Scenario[]): string {
  if (scenarios.length === 1) return 'this scenario';
  return `these ${scenarios.length} scenarios (${listed(
    scenarios.map(({ name }) => name),
    6,
  )})`;
}

function group(title: string, specs: readonly string[]): string[] {
  return specs.length === 0 ? [] : [`${title} (${specs.length})`, ...specs.map((spec) => `  ${spec}`)];
}

function writeJson(
  output: Output,
  done: readonly { readonly name: string; readonly report: WhatIfReport; readonly outcome: Outcome }[],
  annotations: readonly Annotation[],
): void {
  for (const { name, report, outcome } of done)
    output.line(
      JSON.stringify({
        kind: 'scenario',
        name,
        since: report.since ?? null,
        reason: outcome.exit.reason,
        status: outcome.exit.status,
        instructions: outcome.exit.step.toString(),
        seconds: Number(outcome.seconds.toFixed(3)),
      }),
    );
  for (const annotation of annotations) output.line(JSON.stringify(annotationJson(annotation)));
}
