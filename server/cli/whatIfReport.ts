/** What became of what-if seals, as text and as JSON: after a run, and over several. */
import type {
  Annotation,
  CodePlace,
  WhatIfReport,
  WhatIfResult,
  WhatIfVerdict,
  WhatIfWriter,
} from '../session/index.ts';
import { mergeScenarios } from '../session/index.ts';
import {
  codeText,
  counted,
  grouped,
  hex,
  listed,
  placeJson,
  type Json,
  type JsonObject,
} from '../session/report/index.ts';
import { shortPath } from './output.ts';

/** What a verdict asks of the source. */
const ANNOTATIONS: Readonly<Record<WhatIfVerdict, string | undefined>> = {
  ro_after_init: '__ro_after_init',
  const: 'const',
  redundant: undefined,
  written: undefined,
  unknown: undefined,
};

const HEADINGS: Readonly<Record<WhatIfVerdict, string>> = {
  ro_after_init: 'could be __ro_after_init: written before the seal, and not since',
  const: 'could be const, if nothing else writes it: never changed',
  redundant:
    'written after the seal, always with the value that is there: remove these writes, and it could be sealed',
  written: 'stays writable: written after the seal',
  unknown: 'not known: no run came to the seal',
};

export function whatIfSealedJson(step: bigint, since: string, seals: number): JsonObject {
  return { event: 'whatIf', change: 'sealed', step: step.toString(), since, seals };
}

export function whatIfReportJson(report: WhatIfReport): JsonObject {
  const verdicts = mergeScenarios([{ name: 'run', report }]);
  return {
    event: 'whatIf',
    change: 'report',
    since: report.since ?? null,
    after: report.after,
    results: verdicts.map(({ candidate, verdict }) => ({
      ...candidateJson(candidate),
      state: candidate.state,
      verdict,
      before: {
        stores: candidate.storesBefore,
        changes: candidate.changesBefore,
        last: placed(candidate.lastBefore),
      },
      after: {
        stores: candidate.storesAfter,
        changes: candidate.changesAfter,
        first: placed(candidate.firstAfter),
      },
      writers: candidate.writers.map(writerJson),
    })),
  };
}

export function annotationJson({ candidate, verdict, ...found }: Annotation): JsonObject {
  return {
    kind: 'annotation',
    ...candidateJson(candidate),
    verdict,
    annotation: ANNOTATIONS[verdict] ?? null,
    lastBefore: placed(candidate.lastBefore),
    writtenIn: found.writtenIn,
    storesAfter: found.storesAfter,
    writers: found.writers.map(writerJson),
  };
}

/** The verdicts, each with its candidates. @param runs Where nothing was written: `this run`, `these 3 scenarios`. */
export function annotationLines(annotations: readonly Annotation[], runs: string): string[] {
  const verdicts = Object.keys(HEADINGS) as WhatIfVerdict[];
  const root = commonFolder(annotations.flatMap(({ candidate }) => candidate.file ?? []));
  const lines = verdicts.flatMap((verdict) => {
    const own = annotations.filter((annotation) => annotation.verdict === verdict);
    if (own.length === 0) return [];
    const heading =
      verdict === 'ro_after_init' || verdict === 'const'
        ? `${HEADINGS[verdict]} in ${runs}`
        : HEADINGS[verdict];
    return [
      `${heading} (${own.length})`,
      ...own.map((annotation) => `  ${annotationLine(annotation, root)}`),
    ];
  });
  return [...(root === '' ? [] : [`files are in ${shortPath(root)}`]), ...lines];
}

/** One line a verdict. */
export function summaryLine({ since, after }: WhatIfReport, annotations: readonly Annotation[]): string {
  const total = counted(annotations.length, 'what-if seal');
  if (since === undefined)
    return `${total} never held: the moment "${after}" did not come; give another with --what-if-after`;
  const count = (...verdicts: WhatIfVerdict[]): number =>
    annotations.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const written = count('written', 'redundant');
  return (
    `${total} since ${since}: ${grouped(written)} written after it, ${grouped(count('ro_after_init'))} only before it, ` +
    `${grouped(count('const'))} never changed, in this run`
  );
}

function annotationLine({ candidate, storesAfter, writers, writtenIn }: Annotation, root: string): string {
  const { symbol, type, spec, file, line, lastBefore, firstAfter } = candidate;
  const path = (name: string): string => (name.startsWith(root) ? name.slice(root.length) : name);
  const by = (place: CodePlace | undefined, how: string): string => {
    if (place === undefined) return '';
    const source = place.file === undefined ? '' : ` (${path(place.file)}:${place.line ?? '?'})`;
    return `${how} ${codeText(place)}${source}`;
  };
  const declared = file === undefined ? '' : `${path(file)}:${line ?? '?'}  `;
  const what = `${declared}${symbol ?? spec}${type === undefined ? '' : `  ${type}`}`;
  if (storesAfter === 0) return what + by(lastBefore, '  last written by');
  const more = writers.length > 1 ? ` and ${counted(writers.length - 1, 'other instruction')}` : '';
  const where = writtenIn.length === 0 ? '' : ` in ${listed(writtenIn, 4)}`;
  return `${what}  ${counted(storesAfter, 'store')}${where}${by(writers[0]?.place ?? firstAfter, ', first by')}${more}`;
}

/** The folder that all of these files are in, with a slash behind it; empty for none. */
function commonFolder(files: readonly string[]): string {
  const [first = '', ...rest] = files;
  let length = first.lastIndexOf('/') + 1;
  for (const file of rest) {
    while (length > 0 && !file.startsWith(first.slice(0, length)))
      length = first.lastIndexOf('/', length - 2) + 1;
  }
  return first.slice(0, length);
}

function candidateJson({ spec, symbol, type, file, line, start, end }: WhatIfResult): JsonObject {
  return {
    spec,
    symbol: symbol ?? null,
    type: type ?? null,
    file: file ?? null,
    line: line ?? null,
    address: hex(start),
    size: Number(end - start),
  };
}

function writerJson({ place, stack, hart, step, count, redundant }: WhatIfWriter): JsonObject {
  return { ...placeJson(place), hart, step: step.toString(), count, redundant, stack: stack.map(placeJson) };
}

function placed(place: CodePlace | undefined): Json {
  return place === undefined ? null : placeJson(place);
}
