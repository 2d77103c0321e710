/** exceptionInfo: a refused store or a caught trap, as clients show an exception. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { CaughtTrap, CodePlace, RefusedStore, Stop, WriterRecord } from '../../session/index.ts';
import { codeText, grouped, hex } from '../../session/report/index.ts';
import type { DebugContext } from '../context.ts';
import { sealerOf } from '../../sealing/story.ts';
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
      if (stopped.trap !== undefined) return trapInfo(context, stopped, stopped.trap);
    }
    throw new RequestError('notPossible', `Hart ${hart} did not stop at an exception.`);
  }),
};

/** Ids are stable: clients key "do not show again" and conditions by them. */
function refusedInfo(refused: RefusedStore): DebugProtocol.ExceptionInfoResponse['body'] {
  const { object: target, sealedBy, writers } = refused;
  const causes: DebugProtocol.ExceptionDetails[] = [];
  if (sealedBy !== undefined) {
    const who = `sealed here by ${codeText(sealerOf(sealedBy))}, hart ${sealedBy.hart}, step ${grouped(sealedBy.step)}`;
    causes.push(cause('Seal', who, sealedBy.stack));
  }
  if (writers.first !== undefined) causes.push(writerCause('FirstWriter', 'first written', writers.first));
  if (writers.latest !== undefined && writers.latest.step !== writers.first?.step)
    causes.push(writerCause('LatestWriter', 'last written before the seal', writers.latest));
  return {
    exceptionId: 'sealed-write',
    description: refused.story,
    breakMode: 'always',
    details: {
      message: refused.story,
      typeName: 'SealedWrite',
      fullTypeName: `SealedWrite.${refused.classification}`,
      ...(target === undefined ? {} : { evaluateName: target.path }),
      stackTrace: stackText(refused.stack),
      ...(causes.length === 0 ? {} : { innerException: causes }),
    },
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

function writerCause(typeName: string, what: string, writer: WriterRecord): DebugProtocol.ExceptionDetails {
  const change = `${hex(writer.oldValue)} → ${hex(writer.newValue)}`;
  return cause(typeName, `${what} here, hart ${writer.hart}, step ${grouped(writer.step)}: ${change}`, [
    writer.place,
  ]);
}

function cause(
  typeName: string,
  message: string,
  stack: readonly CodePlace[],
): DebugProtocol.ExceptionDetails {
  return { typeName, message, stackTrace: stackText(stack) };
}
