/**
 * `sealscope demo`: the bundled sample's story as it happens. Boot, init, seal, suspend, resume, then the store that
 * the seal refuses, its diagnosis, a choice, and what the choice did.
 */
import {
  openSession,
  permissionText,
  type Exit,
  type RefusedStore,
  type Session,
  type SessionConfiguration,
} from '../../session/index.ts';
import { nodeHost } from '../../session/nodeHost.node.ts';
import {
  choicesFor,
  codeText,
  counted,
  grouped,
  hex,
  hexValue,
  listed,
  reportOf,
  reportText,
  type OfferedChoice,
} from '../../session/report/index.ts';
import { exitStatus, signalStatus } from '../exitStatus.ts';
import type { Interruptions } from '../interruption.ts';
import { Output, placeText, shortPath } from '../output.ts';
import { SourceLines } from '../sourceLines.ts';
import { guestLog } from './guestLog.ts';
import { Narrator } from './narrator.ts';
import { askChoice } from './prompt.ts';
import { bundledSample, type Sample } from './sample.ts';
import { chapters, scenarios, type Scenario } from './scenarios.ts';

export interface DemoOptions {
  readonly scenario: Scenario;
  readonly choice?: OfferedChoice;
}

/**
 * What is taken where nobody can be asked. It shows most: the machine lives, as with Torvalds's proposal, and what
 * that costs, because the page stays open and its neighbours with it.
 */
const defaultChoice: OfferedChoice = 'retry';

/** Resolves to the process's exit status: 0 when the story was told to its end, however the guest ended. */
export async function demo(options: DemoOptions, interruptions: Interruptions): Promise<number> {
  const narrator = new Narrator(new Output(process.stdout));
  const sample = bundledSample();
  const session = await openSession(configuration(sample, options.scenario), nodeHost());
  session.console.end();
  interruptions.onFirst(() => session.run.pause());
  try {
    narrator.lines([
      narrator.paint.bold(`Sealscope demo: ${scenarios[options.scenario]}`),
      `samples/resume-bug, scenario=${options.scenario}, two harts. The gutter is the guest's console.`,
      '',
    ]);
    const told = await tell(session, options, narrator, interruptions);
    if (told) narrator.lines(['', ...invitation(options, narrator)]);
    return interruptions.first === undefined ? exitStatus.ok : signalStatus[interruptions.first];
  } finally {
    session.close();
  }
}

function configuration(sample: Sample, scenario: Scenario): SessionConfiguration {
  return {
    program: sample.image,
    commandLine: `scenario=${scenario}`,
    harts: 2,
    onSealedWrite: 'ask',
    sourceMap: { '.': sample.directory },
  };
}

/** False when the story was cut short. */
async function tell(
  session: Session,
  options: DemoOptions,
  narrator: Narrator,
  interruptions: Interruptions,
): Promise<boolean> {
  narrate(session, narrator);
  let choice: OfferedChoice | undefined;
  while (interruptions.first === undefined) {
    const result = await session.run.continue();
    if (result.kind === 'exit') {
      tellEnd(session, result, choice, narrator);
      return true;
    }
    const { refused } = result;
    if (refused === undefined) continue;
    if (choice === undefined) {
      tellReport(refused, narrator);
      choice = await choose(refused, options, narrator, interruptions.signal);
      if (choice === undefined) return false;
    } else {
      narrator.tell('again', `${refused.story}: ${choice} as well`);
    }
    await carryOut(session, refused, choice, narrator);
  }
  return false;
}

/** Console, seals and chapters, as they come. */
function narrate(session: Session, narrator: Narrator): void {
  const labels = new Map(
    session.breakpoints
      .setFunctions(
        chapters.map(({ function: name, text, condition }) => ({ name, logMessage: text, condition })),
      )
      .map(({ id }, index) => [id, chapters[index]!.label]),
  );
  session.listen((event) => {
    if (event.type === 'console') narrator.guest(event.text);
    if (event.type === 'log') narrator.tell(labels.get(event.breakpoint ?? -1) ?? 'note', event.text.trim());
    // What a choice does to the seal is told when it is carried out.
    if (event.type === 'seal' && event.change.kind === 'sealed') {
      const { moment, regions } = event.change;
      narrator.tell(
        'sealed',
        `${listed(
          regions.map(({ name }) => name),
          4,
        )}: hart ${moment.hart} took the write permission away in ${placeText(moment.place)}, ` +
          `step ${grouped(moment.step)}`,
      );
    }
  });
}

function tellReport(refused: RefusedStore, narrator: Narrator): void {
  const report = reportOf(refused, new SourceLines().at(refused.place));
  narrator.lines([
    '',
    ...reportText(report, { width: narrator.width, paint: narrator.paint, path: shortPath }),
    '',
  ]);
}

/** Undefined when it was interrupted. */
async function choose(
  refused: RefusedStore,
  options: DemoOptions,
  narrator: Narrator,
  signal: AbortSignal,
): Promise<OfferedChoice | undefined> {
  if (options.choice !== undefined) {
    narrator.tell('choice', `${options.choice}, as --choice says`);
    return options.choice;
  }
  let why = 'nobody to ask here';
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const answer = await askChoice(choicesFor(refused), defaultChoice, narrator.paint, signal);
    if (answer === 'interrupted') return undefined;
    if (answer !== 'end') return answer;
    why = 'the input ended without an answer';
  }
  narrator.tell(
    'choice',
    `${defaultChoice}: ${why}, and it shows most: the machine lives, and what that costs ` +
      '(--choice oops|retry|write-once|skip takes another)',
  );
  return defaultChoice;
}

/** Takes the choice, lets the hart make its one step, and shows what is different now. */
async function carryOut(
  session: Session,
  refused: RefusedStore,
  choice: OfferedChoice,
  narrator: Narrator,
): Promise<void> {
  const exposed = session.seals.exposedByRetry();
  session.seals.choose(choice);
  await session.run.stepIn(refused.hart, 'instruction');
  const { paint } = narrator;
  const value = hexValue(valueNow(session, refused), refused.size);
  const page = session.inspect.walk(refused.page.address, refused.hart).permissions;
  const name = refused.object?.path ?? hex(refused.address);
  narrator.tell('value', `${name} was ${hexValue(refused.oldValue, refused.size)}, is ${paint.bold(value)}`);
  narrator.tell(
    'page',
    `${hex(refused.page.address)} was ${permissionText(refused.page.now)}, is ` +
      paint.bold(page === undefined ? 'unmapped' : permissionText(page)) +
      (session.seals.degraded
        ? `: ${counted(exposed.length, 'sealed symbol')} on it unprotected until it is sealed again`
        : ''),
  );
  const { place } = session.inspect.harts()[refused.hart]!;
  narrator.tell(
    `hart ${refused.hart}`,
    choice === 'oops'
      ? `is in ${codeText(place)}, the guest's own trap handler: it decides`
      : `goes on at ${placeText(place)}`,
  );
}

function valueNow(session: Session, { address, size, hart }: RefusedStore): bigint {
  const { bytes } = session.inspect.readMemory(address, size, { hart });
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function tellEnd(session: Session, exit: Exit, choice: OfferedChoice | undefined, narrator: Narrator): void {
  const hidden = choice === 'oops' ? guestLog(session) : [];
  if (hidden.length > 0) {
    narrator.tell(
      'unheard',
      'its console is still suspended; its own oops waits in log_buf, where nobody would see it:',
    );
    for (const line of hidden) narrator.guest(`${line}\n`);
  }
  const endings: Partial<Record<Exit['reason'], string>> = {
    poweroff: 'powered off',
    fail: 'gave up: system failure',
    idle: 'waits for ever',
  };
  narrator.tell(
    'end',
    `the guest ${endings[exit.reason] ?? exit.reason} after ${counted(exit.step, 'instruction')}` +
      (session.seals.degraded ? '; the run is degraded: a page is still open' : ''),
  );
}

function invitation({ scenario }: DemoOptions, { paint }: Narrator): string[] {
  const others = Object.keys(scenarios).filter((name) => name !== scenario);
  return [
    `${paint.bold('Go on:')}  npm run demo -- --choice oops|retry|write-once|skip`,
    `        npm run demo -- --scenario ${others.join('|')}`,
    '        or open this folder in VS Code, press F5, and F5 again in the window that opens',
  ];
}
