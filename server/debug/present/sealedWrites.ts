/** The refused stores of a session as messages say them. */
import type { Finding, Session } from '../../session/index.ts';
import {
  hex,
  hexValue,
  reportOf,
  reportText,
  sealedWritesJson,
  sealedWritesMarkdown,
  symbolOf,
  type RunFacts,
} from '../../session/report/index.ts';
import { buildIdOf } from '../../symbols/index.ts';
import type { CustomEventBody, CustomResult } from '../protocol.ts';
import { placeBody, sealerBody } from './bodies.ts';

type WriteBody = CustomResult<'sealscope/sealedWrites'>['writes'][number];

/** A guest can be refused at ten thousand places; nobody reads that many. */
const MAX_WRITES = 1_000;

export function sealedWriteBodies(session: Session): WriteBody[] {
  return shown(session).map(writeBody);
}

/** For a bug report. */
export function sealedWritesText(session: Session, format: 'markdown' | 'json'): string {
  const facts = factsOf(session);
  return format === 'markdown'
    ? sealedWritesMarkdown(facts, shown(session))
    : `${JSON.stringify(sealedWritesJson(facts, shown(session)), undefined, 2)}\n`;
}

/** All of it, for the time when nobody answers any more. */
export function sealedWritesAtEnd(session: Session): CustomEventBody<'sealscope/sealedWritesAtEnd'> {
  return {
    writes: sealedWriteBodies(session),
    markdown: sealedWritesText(session, 'markdown'),
    json: sealedWritesText(session, 'json'),
  };
}

function shown({ seals }: Session): readonly Finding[] {
  return seals.findings.slice(0, MAX_WRITES);
}

function writeBody(finding: Finding): WriteBody {
  const { id, first, count, redundant, latestStep, actions } = finding;
  const { object, sealedBy } = first;
  const declared =
    object?.file === undefined || object.line === undefined
      ? undefined
      : { path: object.file, line: object.line };
  return {
    id,
    symbol: symbolOf(finding),
    address: hex(first.address),
    size: first.size,
    place: placeBody(first.place),
    hart: first.hart,
    oldValue: hexValue(first.oldValue, first.size),
    newValue: hexValue(first.newValue, first.size),
    redundant,
    count,
    firstStep: first.step.toString(),
    lastStep: latestStep.toString(),
    actions,
    region: first.region.name,
    ...(sealedBy === undefined ? {} : { sealedBy: sealerBody(sealedBy) }),
    ...(declared === undefined ? {} : { declared }),
    report: reportText(reportOf(first)).join('\n'),
  };
}

function factsOf({ configuration, machine, symbols, run, seals }: Session): RunFacts {
  return {
    image: configuration.image ?? configuration.program,
    buildId: symbols && buildIdOf(symbols.elf),
    ...machine,
    step: run.step,
    degraded: seals.degraded,
  };
}
