/** exceptionInfo: a refused store or a caught trap, as clients show an exception. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type {
  CaughtTrap,
  CodePlace,
  RefusedStore,
  Stop,
  Violation,
  WriteOnceViolation,
  WriterRecord,
} from '../../session/index.ts';
import { codeText, counted, grouped, hex, sourceText } from '../../session/report/index.ts';
import type { DebugContext } from '../context.ts';
import { sealerOf } from '../../sealing/story.ts';
import { WRITE_ONCE_CHECKS } from '../../sealing/writeOnce/check.ts';
import { RequestError } from '../errors.ts';
import { stackText } from '../present/sources.ts';
import { on, type Handlers } from '../requests.ts';
import { integer, object } from '../schema.ts';

export const exceptionHandlers: Handlers<'exceptionInfo'> = {
  exceptionInfo: on('standstill', object({ threadId: integer() }), (context, { threadId }) => {
    const hart = context.hart(threadId);
    const { stopped } = context.session.run;
    if (stopped?.hart === hart) {
      if (stopped.refused !== undefined) return refusedInfo(stopped.refused);
      if (stopped.violation !== undefined) return violationInfo(stopped.violation);
      if (stopped.writeOnce !== undefined) return writeOnceInfo(stopped.writeOnce);
      if (stopped.trap !== undefined) return trapInfo(context, stopped, stopped.trap);
    }
    throw new RequestError('notPossible', `Hart ${hart} did not stop at an exception.`);
  }),
};

/**
 * Ids are stable: clients key "do not show again" and conditions by them. Clients look for links in the stack trace
 * and show no inner exceptions, or the other way round: who sealed and who wrote first stands in both.
 */
function refusedInfo(refused: RefusedStore): DebugProtocol.ExceptionInfoResponse['body'] {
  const { object: target } = refused;
  const causes = causesOf(refused);
  const traces = causes.map(({ message, stack }) => `${message}:\n${stackText(stack)}`);
  return {
    exceptionId:
      refused.bypass !== undefined
        ? 'seal-bypass'
        : refused.whatIf === undefined
          ? 'sealed-write'
          : 'what-if-seal',
    description: describe(refused),
    breakMode: 'always',
    details: {
      message: refused.story,
      typeName: 'SealedWrite',
      fullTypeName: `SealedWrite.${refused.classification}`,
      ...(target === undefined ? {} : { evaluateName: target.path }),
      stackTrace: [stackText(refused.stack), ...traces].join('\n'),
      ...(causes.length === 0
        ? {}
        : {
            innerException: causes.map(({ typeName, message, stack }) => ({
              typeName,
              message,
              stackTrace: stackText(stack),
            })),
          }),
    },
  };
}

/** A rule that a window breaks. */
function violationInfo({ kind, text, window }: Violation): DebugProtocol.ExceptionInfoResponse['body'] {
  return {
    exceptionId: 'window-rule',
    description: text,
    breakMode: 'always',
    details: {
      message: text,
      typeName: 'WindowRule',
      fullTypeName: `WindowRule.${kind}`,
      stackTrace: stackText(window.opened.stack),
    },
  };
}

/** What explains a refused store, with where to look. */
interface Cause {
  readonly typeName: string;
  readonly message: string;
  readonly stack: readonly CodePlace[];
}

function causesOf({ sealedBy, writers: { first, latest } }: RefusedStore): Cause[] {
  const causes: Cause[] = [];
  if (sealedBy !== undefined) {
    const { hart, step, stack } = sealedBy;
    const sealer = sealerOf(sealedBy);
    const message = `Sealed by ${codeText(sealer)} on hart ${hart} at step ${grouped(step)}`;
    // Page-table helpers above the sealer say nothing about who meant to seal.
    causes.push({ typeName: 'Seal', message, stack: stack.slice(Math.max(0, stack.indexOf(sealer))) });
  }
  if (first !== undefined) causes.push(writerCause('FirstWriter', 'First written', first));
  if (latest !== undefined && latest.step !== first?.step)
    causes.push(writerCause('LatestWriter', 'Last written before the seal', latest));
  return causes;
}

/** The story in a few lines, each place as `path:line`. */
function describe(refused: RefusedStore): string {
  const { story, writers, sealedBy, neighbours, whatIf } = refused;
  const exposed = neighbours.filter(({ inRegion }) => inRegion).length;
  const at = (place: CodePlace): string => {
    const source = sourceText(place);
    return source === '' ? '' : `\n    ${source}`;
  };
  const by = (who: string, step: bigint, place: CodePlace): string =>
    `${who} ${codeText(place)} at step ${grouped(step)}${at(place)}`;
  return [
    story,
    ...(whatIf !== undefined
      ? []
      : sealedBy === undefined
        ? ['Nobody was seen to seal it: it was mapped read-only from the start']
        : [by('Sealed by', sealedBy.step, sealerOf(sealedBy))]),
    ...(writers.first === undefined
      ? []
      : [by('First legitimate writer:', writers.first.step, writers.first.place)]),
    ...(exposed === 0 ? [] : [`${counted(exposed, 'other sealed symbol')} on the page`]),
  ].join('\n');
}

function writeOnceInfo({
  check,
  story,
  moment,
}: WriteOnceViolation): DebugProtocol.ExceptionInfoResponse['body'] {
  return {
    exceptionId: `write-once-${check}`,
    description: story,
    breakMode: 'always',
    details: { message: story, typeName: WRITE_ONCE_CHECKS[check], stackTrace: stackText(moment.stack) },
  };
}

function trapInfo(
  context: DebugContext,
  { hart, text }: Stop,
  trap: CaughtTrap,
): DebugProtocol.ExceptionInfoResponse['body'] {
  const stack = context.session.inspect.stack(hart).frames.map(({ place }) => place);
  const message = `${trap.name}, value ${hex(trap.value)}`;
  return {
    exceptionId: `${trap.interrupt ? 'interrupt' : 'trap'}-${trap.cause}`,
    description: text === '' ? message : text,
    breakMode: 'always',
    details: { message, typeName: trap.name, stackTrace: stackText(stack) },
  };
}

function writerCause(typeName: string, what: string, writer: WriterRecord): Cause {
  const change = `${hex(writer.oldValue)} → ${hex(writer.newValue)}`;
  const message = `${what} on hart ${writer.hart} at step ${grouped(writer.step)}: ${change}`;
  return { typeName, message, stack: [writer.place] };
}
