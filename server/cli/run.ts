/** `sealscope run`: an image from reset to its end, without an editor. */
import { performance } from 'node:perf_hooks';
import { openSession, type Exit, type Session } from '../session/index.ts';
import { nodeHost } from '../session/nodeHost.node.ts';
import { debugInfoProblems } from './debugInfoProblems.ts';
import { exitStatus, signalStatus, statusOf, UsageError } from './exitStatus.ts';
import { attachTerminal, readInput } from './guestInput.ts';
import type { Interruptions } from './interruption.ts';
import { sessionConfiguration, type RunOptions } from './options.ts';
import { Output, OutputFile } from './output.ts';
import { pacedBy } from './pacing.ts';
import { JsonReporter, TextReporter, type Reporter } from './reporter.ts';
import { unsealedRegions } from './unsealedRegions.ts';
import { reportTimeline } from './timeline.ts';
import { WindowReporter } from './windows.ts';
import { WriteOnceReporter } from './writeOnce.ts';
import { WhatIfFiles } from './whatIfFile.ts';

/** Resolves to the process's exit status. */
export async function run(image: string, options: RunOptions, interruptions: Interruptions): Promise<number> {
  if (options.engine === 'translator')
    throw new UsageError('--engine translator: this version has no translator; use auto or interpreter');
  const input = options.input === undefined ? undefined : readInput(options.input);
  const interactive = input === undefined && !options.json && process.stdin.isTTY;
  const ending = new AbortController();
  interruptions.onFirst(() => ending.abort());
  const host = pacedBy([process.stdout, process.stderr], nodeHost(), ending.signal);
  const whatIf = new WhatIfFiles(options.whatIf);
  const session = await openSession(sessionConfiguration(image, options, whatIf.specs), host).catch(
    (error: unknown) => {
      throw whatIf.placed(error);
    },
  );
  const file = options.console === undefined ? undefined : new OutputFile(options.console);
  try {
    const reporter = reporterFor(options);
    if (session.symbols !== undefined)
      session.symbols.onProblem = debugInfoProblems((text) => reporter.log(text));
    let sealedWrites = 0;
    const windows = new WindowReporter(session.windows, reporter.lines, options.windows ?? false);
    const writeOnce = new WriteOnceReporter(session.writeOnce, reporter.lines, options.objects ?? false);
    session.listen((event) => {
      switch (event.type) {
        case 'console':
          file?.write(event.bytes);
          reporter.console(event);
          break;
        case 'seal':
          reporter.seal(event.change);
          break;
        case 'refusedStore':
          if (event.action === 'ignored') break;
          sealedWrites++;
          reporter.sealedWrite(event.refused, event.action === 'ask' ? 'stop' : event.action);
          break;
        case 'whatIf':
          reporter.whatIfSealed(event);
          break;
        case 'window':
        case 'violation':
        case 'dma':
          windows.note(event);
          break;
        case 'writeOnce':
          writeOnce.violation(event.violation);
          break;
        case 'log':
          reporter.log(event.text);
          break;
      }
    });
    if (input !== undefined) session.console.send(input);
    if (!interactive) session.console.end();
    const started = performance.now();
    const exit = await untilEnd(session, ending, interactive);
    const seconds = (performance.now() - started) / 1000;
    for (const text of unsealedRegions(session.seals.status())) reporter.log(text);
    if (whatIf.specs.length > 0) reporter.whatIf(session.whatIf.report());
    if (options.timeline === true) reportTimeline(session.timeline, reporter.lines);
    windows.end();
    if (options.races !== undefined) await windows.races({ runs: options.races, seed: options.seed });
    writeOnce.end();
    reporter.exit({
      exit,
      seconds,
      sealedWrites,
      degraded: session.seals.degraded,
      stateHash: options.stats ? session.stateHash() : undefined,
    });
    const brokenRules = session.windows.violationCount + session.writeOnce.violations.length;
    if (options.failOnSealedWrite && sealedWrites + brokenRules > 0) return exitStatus.sealedWrites;
    return interruptions.first === undefined ? statusOf(exit) : signalStatus[interruptions.first];
  } finally {
    file?.close();
    session.close();
  }
}

function reporterFor(options: RunOptions): Reporter {
  const notes = new Output(process.stderr);
  if (options.json) return new JsonReporter(new Output(process.stdout), notes);
  const guest = options.console === undefined ? new Output(process.stdout) : undefined;
  return new TextReporter({ guest, notes, stats: options.stats });
}

/** Runs to the guest's end, to what `ending` says or Ctrl-A x, or to the store at which the run was asked to stop. */
async function untilEnd(session: Session, ending: AbortController, interactive: boolean): Promise<Exit> {
  const detach = interactive
    ? attachTerminal(process.stdin, {
        send: (bytes) => session.console.send(bytes),
        show: (text) => process.stderr.write(text),
        quit: () => ending.abort(),
      })
    : undefined;
  ending.signal.addEventListener('abort', () => session.run.pause());
  try {
    while (true) {
      if (ending.signal.aborted) return stopped(session.run.step);
      const result = await session.run.continue();
      if (result.kind === 'exit') return result;
      if (result.refused !== undefined) return stopped(result.step);
      if (result.violation !== undefined && session.seals.policy === 'ask') return stopped(result.step);
    }
  } finally {
    detach?.();
  }
}

function stopped(step: bigint): Exit {
  return { kind: 'exit', reason: 'stop', status: 0, step };
}
