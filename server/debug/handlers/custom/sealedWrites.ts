/** Every refused store of the session. */
import type { Finding, Session } from '../../../session/index.ts';
import {
  hex,
  hexValue,
  reportOf,
  reportText,
  sealedWritesJson,
  sealedWritesMarkdown,
  symbolOf,
  type RunFacts,
} from '../../../session/report/index.ts';
import { buildIdOf } from '../../../symbols/index.ts';
import { placeBody, sealerBody } from '../../present/bodies.ts';
import type { CustomResult } from '../../protocol.ts';
import type { Handlers } from '../../requests.ts';
import { custom } from './custom.ts';

type WriteBody = CustomResult<'sealscope/sealedWrites'>['writes'][number];

/** A guest can be refused at ten thousand places; nobody reads that many. */
const MAX_WRITES = 1_000;

export const sealedWriteHandlers: Handlers<'sealscope/sealedWrites' | 'sealscope/exportSealedWrites'> = {
  'sealscope/sealedWrites': custom('sealscope/sealedWrites', 'session', ({ session }) => ({
    writes: session.seals.findings.slice(0, MAX_WRITES).map(writeBody),
  })),

  'sealscope/exportSealedWrites': custom(
    'sealscope/exportSealedWrites',
    'session',
    ({ session }, { format }) => {
      const findings = session.seals.findings.slice(0, MAX_WRITES);
      const facts = factsOf(session);
      const text =
        format === 'markdown'
          ? sealedWritesMarkdown(facts, findings)
          : `${JSON.stringify(sealedWritesJson(facts, findings), undefined, 2)}\n`;
      return { text };
    },
  ),
};

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
