/** What the session reports, as events of the protocol. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type {
  Exit,
  FindingAction,
  PhaseState,
  RefusedStore,
  SealChange,
  Session,
  SessionEvent,
} from '../session/index.ts';
import { sealerOf, sealText } from '../sealing/story.ts';
import type { ConsoleKind } from './protocol/console.ts';
import { counted, dmaText, grouped, hex, reportOf, reportText, symbolOf } from '../session/report/index.ts';
import type { DebugContext } from './context.ts';
import { violationBody } from './handlers/custom/windows.ts';
import { moduleBody } from './handlers/sources.ts';
import { breakpointBody } from './present/breakpoints.ts';
import { locationBody } from './present/sources.ts';
import { sealedWritesAtEnd } from './present/sealedWrites.ts';
import { stoppedBody } from './present/stops.ts';

/** Characters after which a line is sent although it has not ended. */
const LONGEST_LINE = 4096;

/** Forwards until the session is closed. */
export function forwardEvents(context: DebugContext, session: Session, consoleKind: ConsoleKind): void {
  const console = new ConsoleLines(context, consoleKind === 'integratedTerminal');
  const phase = new PhaseTeller(context, session);
  session.listen((event) => {
    if (context.openSession !== session) return;
    if (event.type === 'console') {
      console.add(event.text);
      return;
    }
    // Kernels that patch themselves open thousands of windows: they are asked for.
    if (event.type === 'window') return;
    // The guest wrote it before this happened.
    console.flush();
    if (event.type === 'phase') phase.tell(event.phase.text);
    else if (event.type === 'stopped') phase.tellIfChanged();
    forward(context, event);
  });
}

/** Tells the state of the seals as a whole: at each phase, and where it changed without one. */
class PhaseTeller {
  readonly #context: DebugContext;
  readonly #session: Session;
  #told: PhaseState;

  constructor(context: DebugContext, session: Session) {
    this.#context = context;
    this.#session = session;
    this.#told = session.phases.current;
  }

  tell(text: string): void {
    this.#told = this.#session.phases.current;
    this.#context.send('sealscope/phase', { current: this.#told, text });
  }

  /** Page by page a region gets sealed in part without anything that would be a phase of its own. */
  tellIfChanged(): void {
    if (this.#session.phases.current !== this.#told) this.tell('');
  }
}

/** Gathers what the guest writes byte by byte into events of a line, or of what one turn of the event loop brought. */
class ConsoleLines {
  readonly #context: DebugContext;
  readonly #hasTerminal: boolean;
  #text = '';
  #flushDue = false;

  constructor(context: DebugContext, hasTerminal: boolean) {
    this.#context = context;
    this.#hasTerminal = hasTerminal;
  }

  add(text: string): void {
    this.#text += text;
    if (text.endsWith('\n') || this.#text.length >= LONGEST_LINE) this.flush();
    else if (!this.#flushDue) {
      this.#flushDue = true;
      void this.#context.host.scheduler.turn().then(() => {
        this.#flushDue = false;
        this.flush();
      });
    }
  }

  flush(): void {
    if (this.#text === '') return;
    if (this.#hasTerminal) this.#context.send('sealscope/console', { text: this.#text });
    else this.#context.send('output', { category: 'stdout', output: this.#text });
    this.#text = '';
  }
}

function forward(context: DebugContext, event: Exclude<SessionEvent, { type: 'console' | 'window' }>): void {
  switch (event.type) {
    // Whoever lets the guest run says so (a command that fails at once leaves the stop as it was); phases are told
    // by their teller.
    case 'continued':
    case 'phase':
      break;
    case 'stopped':
      context.forget();
      context.send('stopped', stoppedBody(context, event.stop));
      break;
    case 'exited':
      context.forget();
      context.send('output', { category: 'console', output: `${exitText(event.exit)}\n` });
      if (context.session.seals.findings.length > 0)
        context.send('sealscope/sealedWritesAtEnd', sealedWritesAtEnd(context.session));
      context.send('exited', { exitCode: event.exit.status });
      context.send('terminated', {});
      break;
    case 'violation':
      context.send('sealscope/violation', violationBody(event.violation));
      context.send('output', { category: 'important', output: `Broken rule: ${event.violation.text}\n` });
      break;
    case 'dma':
      context.send('output', { category: 'important', output: `${dmaText(event.dma)}\n` });
      break;
    case 'seal':
      context.send('output', sealOutput(context, event.change));
      break;
    case 'refusedStore':
      for (const body of refusedOutput(context, event.refused, event.action)) context.send('output', body);
      tellSealedWrite(context, event.refused, event.action);
      break;
    case 'settled':
      tellSealedWrite(context, event.refused, event.action);
      break;
    case 'writeOnce': {
      const { id, check, story, cause } = event.violation;
      context.send('output', {
        category: 'console',
        output: `${story}\n`,
        ...locationBody(context.client, cause),
      });
      context.send('sealscope/objectViolation', { id, check, story });
      break;
    }
    case 'whatIf': {
      const { step, since, seals } = event;
      context.send('output', {
        category: 'console',
        output: `${counted(seals, 'what-if seal')} since ${since}\n`,
      });
      context.send('sealscope/whatIfSealed', { step: step.toString(), since, seals });
      break;
    }
    case 'module': {
      const { reason, module } = event;
      context.send('module', { reason, module: moduleBody(module, context.client.path(module.path)) });
      break;
    }
    case 'log':
      context.send('output', { category: 'console', output: `${event.text}\n` });
      break;
    case 'breakpoint': {
      const id = context.breakpoints.clientId(event.breakpoint.id);
      context.send('breakpoint', {
        reason: 'changed',
        breakpoint: breakpointBody(context, id, event.breakpoint),
      });
      break;
    }
    case 'changed':
      tellChange(context, event.memory);
      break;
  }
}

/** Memory views follow `memory`, everything else `invalidated`; each only to a client that knows it. */
function tellChange(
  context: DebugContext,
  memory: { readonly address: bigint; readonly length: number } | undefined,
): void {
  const { client } = context;
  if (memory !== undefined && client.memoryEvents)
    context.send('memory', { memoryReference: hex(memory.address), offset: 0, count: memory.length });
  // What a frame shows may hang on any register or any byte of the stack.
  if (client.invalidated) context.send('invalidated', { areas: ['stacks', 'variables'] });
}

function sealOutput(context: DebugContext, change: SealChange): DebugProtocol.OutputEvent['body'] {
  const output = `${sealText(change)}\n`;
  return { category: 'console', output, ...locationBody(context.client, sealerOf(change.moment)) };
}

/** One that waits for a choice is told in full, folded: clients without an exception view have nothing else. */
function refusedOutput(
  context: DebugContext,
  refused: RefusedStore,
  action: FindingAction,
): DebugProtocol.OutputEvent['body'][] {
  const category = 'console';
  const place = locationBody(context.client, refused.place);
  if (action !== 'ask') return [{ category, output: `${refused.story} → ${action}\n`, ...place }];
  return [
    { category, group: 'startCollapsed', output: `${refused.story}\n`, ...place },
    { category, output: `${reportText(reportOf(refused)).join('\n')}\n` },
    { category, group: 'end', output: '' },
  ];
}

function tellSealedWrite(context: DebugContext, refused: RefusedStore, action: FindingAction): void {
  const finding = context.session.seals.findingOf(refused);
  if (finding === undefined) return;
  const { id, count } = finding;
  context.send('sealscope/sealedWrite', { id, symbol: symbolOf(finding), count, action });
}

function exitText({ reason, status, step }: Exit): string {
  const what = {
    poweroff: 'The guest powered off',
    reboot: 'The guest asked for a reboot',
    pass: 'The guest reported success',
    fail: `The guest reported failure ${status}`,
    limit: 'The step limit was reached',
    stop: 'The run was stopped',
    idle: 'Every hart waits, and nothing is left that could wake one',
  }[reason];
  return `${what} at step ${grouped(step)}.`;
}
