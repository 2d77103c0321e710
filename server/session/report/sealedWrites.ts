/** The refused stores of a run as a text to put into a bug report: what was run, and what was found. */
import type { Finding } from '../../sealing/refusedStore.ts';
import { codeText, counted, grouped, hex, hexValue, sizeText, sourceText } from './format.ts';
import { codeBlock, codeSpan, plainText } from './markdown.ts';
import { placeJson, reportJson, type JsonObject } from './json.ts';
import { reportOf } from './report.ts';
import { reportText } from './text.ts';

/** What was run, so that somebody else can run it again. */
export interface RunFacts {
  readonly image: string;
  readonly buildId: string | undefined;
  readonly commandLine: string;
  readonly harts: number;
  /** Bytes. */
  readonly memory: number;
  readonly isa: string;
  readonly mmu: string;
  /** The number of the next step. */
  readonly step: bigint;
  readonly degraded: boolean;
}

/** The object or member that a finding is about; empty outside of all symbols. */
export function symbolOf({ first }: Finding): string {
  return first.object?.path ?? '';
}

export function sealedWritesMarkdown(facts: RunFacts, findings: readonly Finding[]): string {
  const built = facts.buildId === undefined ? '' : `, build id ${codeSpan(facts.buildId)}`;
  const lines = [
    '# Refused stores to sealed memory',
    '',
    `- Image: ${codeSpan(facts.image)}${built}`,
    `- Command line: ${facts.commandLine === '' ? 'none' : codeSpan(facts.commandLine)}`,
    `- Machine: ${counted(facts.harts, 'hart')}, ${sizeText(BigInt(facts.memory))}, ${facts.isa}, ${facts.mmu}`,
    `- Up to step ${grouped(facts.step)}: ${counted(findings.length, 'finding')}`,
    ...(facts.degraded ? ['- The run is degraded: a choice made a sealed page writable.'] : []),
  ];
  if (findings.length > 0)
    lines.push(
      '',
      '| # | Symbol | Store | Value | Redundant | Count | Action |',
      '|---|---|---|---|---|---|---|',
      ...findings.map(summary),
    );
  for (const finding of findings) {
    const { first, id } = finding;
    lines.push('', `## ${id}. ${codeSpan(title(finding))}`, '', ...codeBlock(reportText(reportOf(first))));
  }
  return `${lines.join('\n')}\n`;
}

export function sealedWritesJson(facts: RunFacts, findings: readonly Finding[]): JsonObject {
  return {
    image: facts.image,
    buildId: facts.buildId ?? null,
    commandLine: facts.commandLine,
    machine: { harts: facts.harts, memory: facts.memory, isa: facts.isa, mmu: facts.mmu },
    step: facts.step.toString(),
    degraded: facts.degraded,
    sealedWrites: findings.map((finding) => ({
      id: finding.id,
      symbol: symbolOf(finding),
      address: hex(finding.first.address),
      size: finding.first.size,
      ...placeJson(finding.first.place),
      hart: finding.first.hart,
      oldValue: hexValue(finding.first.oldValue, finding.first.size),
      newValue: hexValue(finding.first.newValue, finding.first.size),
      redundant: finding.redundant,
      count: finding.count,
      firstStep: finding.first.step.toString(),
      lastStep: finding.latestStep.toString(),
      actions: finding.actions.map(({ action, count }) => ({ action, count })),
      report: reportJson(reportOf(finding.first)),
    })),
  };
}

function summary(finding: Finding): string {
  const { first, id, redundant, count, actions } = finding;
  const done = actions.map(({ action, count: times }) => (times === 1 ? action : `${action} ${times}×`));
  const values = `${hexValue(first.oldValue, first.size)} → ${hexValue(first.newValue, first.size)}`;
  const cells = [id, codeSpan(title(finding)), where(finding), values, redundant, count, done.join(', ')];
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

function title(finding: Finding): string {
  return symbolOf(finding) || hex(finding.first.address);
}

function where({ first: { place } }: Finding): string {
  const source = sourceText(place);
  return source === '' ? codeSpan(codeText(place)) : `${codeSpan(codeText(place))} (${plainText(source)})`;
}
