/** The report as text for a terminal of 80 to 100 columns. */
import type { CodePlace } from '../../sealing/codePlace.ts';
import type {
  DataObject,
  RefusedStore,
  RefusedStoreClass,
  SealedPage,
  WriterRecord,
} from '../../sealing/refusedStore.ts';
import { permissionText, type RegionOrigin } from '../../sealing/region.ts';
import type { Choice } from './choices.ts';
import { codeText, counted, grouped, hex, hexValue, listed, sizeText, sourceText } from './format.ts';
import { beside, indent, paragraphs, rule, uncoloured, wrap, type Paint } from './layout.ts';
import type { RefusedStoreReport } from './report.ts';

export interface TextOptions {
  /** Columns; default 96. */
  readonly width?: number;
  readonly paint?: Paint;
  /** How to write a path; default as it is. */
  readonly path?: (path: string) => string;
}

/** What every part of the text needs to know about the reader's terminal. */
interface Style {
  readonly paint: Paint;
  /** `cpu.c:78`; empty where no place is known. */
  readonly source: (place: {
    readonly file?: string | undefined;
    readonly line?: number | undefined;
  }) => string;
}

const origins: Record<RegionOrigin, string> = {
  configuration: 'named by the configuration',
  preset: 'known by preset',
  observed: 'observed in the page tables',
  whatIf: 'a what-if seal',
};

const classes: Record<RefusedStoreClass, string> = {
  'late-write': 'a true late write',
  'redundant-write': 'a redundant write',
  'init-code-called-late': 'init code called late',
  'structural-write': 'a structural write (list or registration)',
  neighbour: 'a neighbour of sealed data on its page',
  boundary: "a store over the seal's edge",
  alias: 'a store through an alias',
  'stale-tlb': 'a store through a stale TLB entry',
  'too-early': 'sealed too early',
};

const neighboursShown = 6;
const labelWidth = 10;
const actionWidth = 12;

/** Lines, without line ends. */
export function reportText(report: RefusedStoreReport, options: TextOptions = {}): string[] {
  const { refused } = report;
  const width = options.width ?? 96;
  const paint = options.paint ?? uncoloured;
  const path = options.path ?? ((name: string) => name);
  const style: Style = {
    paint,
    source: ({ file, line }) => sourceText({ file: file === undefined ? undefined : path(file), line }),
  };
  const section = (label: string, texts: readonly string[]): string[] =>
    beside(paint.bold(label), labelWidth, paragraphs(texts, width - labelWidth));
  return [
    rule(
      `${paint.bold('SEALED WRITE')}  hart ${refused.hart} · step ${grouped(refused.step)} · stopped before it happens`,
      width,
      paint,
    ),
    ...wrap(paint.bold(refused.story), width),
    '',
    ...section('what', what(refused, style)),
    ...section('where', where(report, style)),
    ...section('sealed', sealed(refused, style)),
    ...section('page', page(refused, paint)),
    ...section('writers', writers(refused, style)),
    ...section('why now', [refused.root.text, `looks like ${bugClass(refused)}`]),
    ...section(
      'stack',
      refused.stack.map((entry, level) => stackLine(entry, level, style)),
    ),
    '',
    ...beside(
      paint.bold('choices'),
      labelWidth,
      report.choices.flatMap((choice) => choiceLines(choice, width - labelWidth, paint)),
    ),
    ...section(
      'fixes',
      refused.suggestions.map((fix, index) =>
        [`${index + 1}. ${fix.text}`, ...parenthesised(style.source(fix))].join(' '),
      ),
    ),
    '',
    ...section('as Linux', ['what RISC-V Linux would print for it:']),
    ...report.oops.map((line) => indent(line, 2)),
    paint.danger('━'.repeat(width)),
  ];
}

function choiceLines({ action, consequence, caution }: Choice, width: number, paint: Paint): string[] {
  const texts = [consequence, ...(caution === undefined ? [] : [caution])];
  const lines = texts.map((text) => wrap(text, width - actionWidth));
  return beside(paint.accent(action), actionWidth, [...lines[0]!, ...(lines[1] ?? []).map(paint.dim)]);
}

function what(refused: RefusedStore, style: Style): string[] {
  const { object, parts } = refused;
  const { paint } = style;
  const name = object?.path ?? 'no symbol covers the address';
  const verb = { store: 'store', amo: 'atomic update', sc: 'store-conditional' }[refused.kind];
  return [
    `${paint.accent(name)}  ${verb} of ${counted(refused.size, 'byte')} at ${hex(refused.address)}`,
    ...(object === undefined ? [] : [objectLine(object, style)]),
    `${hexValue(refused.oldValue, refused.size)} → ${hexValue(refused.newValue, refused.size)}  ${
      refused.redundant
        ? paint.good('REDUNDANT: memory holds this value already')
        : paint.danger('a different value')
    }`,
    ...refused.members
      .filter((member) => member.path !== object?.path || !isNumber(member.oldText))
      .map(({ path, oldText, newText }) => `${path}: ${oldText} → ${newText}`),
    ...(object?.inRegion === false
      ? [`${object.symbol} is not part of ${refused.region.name}: it only shares a page with it`]
      : []),
    ...(parts.length < 2
      ? []
      : parts.map(
          (part) =>
            `${counted(part.size, 'byte')} at ${hex(part.address)}: ${part.refused ? 'sealed' : 'writable'}, ` +
            (part.object?.path ?? 'no symbol'),
        )),
  ];
}

/** A value as bare as the line of hexadecimal digits above it. */
function isNumber(text: string): boolean {
  return /^-?(0x[0-9a-f]+|\d+)$/i.test(text);
}

function objectLine(object: DataObject, style: Style): string {
  const declaration = style.source(object);
  return [
    object.type === undefined ? `part of ${object.symbol}` : object.type,
    `${object.symbol} has ${counted(object.size, 'byte')}${object.offset === 0 ? '' : `, offset ${object.offset}`}`,
    ...(declaration === '' ? [] : [`declared at ${declaration}`]),
    ...(object.section === undefined ? [] : [`in ${object.section}`]),
  ].join(' · ');
}

function where({ refused, sourceLine }: RefusedStoreReport, { paint, source }: Style): string[] {
  const { place, instruction } = refused;
  return [
    [codeText(place), source(place)].filter((text) => text !== '').join('  '),
    ...(sourceLine === undefined ? [] : [paint.accent(`${place.line ?? ''} │ ${sourceLine.trim()}`)]),
    paint.dim(`${hex(place.pc)}  ${instruction}`),
  ];
}

function sealed({ sealedBy, region, whatIf }: RefusedStore, style: Style): string[] {
  const range = `${region.name}, ${hex(region.start)} to ${hex(region.end)}, ${origins[region.origin]}`;
  if (whatIf !== undefined)
    return [
      `no page is sealed here: this is a what-if seal, byte by byte, since ${whatIf.since}`,
      ...(region.source === region.name ? [range] : [range, `given as ${region.source}`]),
    ];
  if (sealedBy === undefined) return ['mapped read-only from the start', range];
  const callers = sealedBy.stack.slice(1).map((place) => place.function);
  return [
    `at step ${grouped(sealedBy.step)} by hart ${sealedBy.hart} in ${placeText(sealedBy.place, style)}`,
    ...(callers.length === 0 ? [] : [`called by ${callers.join(' ← ')}`]),
    range,
  ];
}

function page({ page: facts, neighbours, throughAlias }: RefusedStore, paint: Paint): string[] {
  return [
    `${hex(facts.address)}, ${sizeText(facts.size)}  ${pagePermissions(facts, paint)}`,
    ...(neighbours.length === 0
      ? ['no other symbol on it']
      : [
          `also on it: ${listed(
            neighbours.map(({ name, inRegion }) => (inRegion ? name : `${name} (not sealed)`)),
            neighboursShown,
          )}`,
        ]),
    ...(throughAlias ? ['the store came through an alias, not through the address it was linked at'] : []),
  ];
}

function pagePermissions({ linked, now, pte }: SealedPage, paint: Paint): string {
  return [
    ...(linked === undefined ? [] : [`linked ${permissionText(linked)}`]),
    `now ${paint.bold(permissionText(now))}`,
    pte === 0n ? 'no page table translates' : `leaf PTE ${hex(pte)}`,
  ].join('  ');
}

function writers({ writers: history }: RefusedStore, style: Style): string[] {
  const { first, latest, count, complete } = history;
  if (first === undefined) return ['none seen before the seal'];
  const line = (label: string, writer: WriterRecord): string =>
    `${label.padEnd(8)}hart ${writer.hart} in ${placeText(writer.place, style)} at step ${grouped(writer.step)}, ` +
    `wrote ${hexValue(writer.newValue, writer.size)}`;
  return [
    `${line('first', first)}  ${style.paint.good('legitimate: before the seal')}`,
    ...(latest === undefined || latest.step === first.step ? [] : [line('latest', latest)]),
    ...(count < 3 && complete
      ? []
      : [`${complete ? '' : 'at least '}${counted(count, 'write')} before the seal`]),
  ];
}

function bugClass({ classification, also }: RefusedStore): string {
  return [classification, ...also].map((name) => classes[name]).join('; also ');
}

function placeText(place: CodePlace, style: Style): string {
  return [codeText(place), ...parenthesised(style.source(place))].join(' ');
}

function parenthesised(text: string): string[] {
  return text === '' ? [] : [`(${text})`];
}

function stackLine(place: CodePlace, level: number, style: Style): string {
  const source = style.source(place);
  return `${`#${level}`.padEnd(4)}${hex(place.pc, 16)}  ${codeText(place)}${place.inlined ? ' (inlined)' : ''}${
    source === '' ? '' : `  ${source}`
  }`;
}
