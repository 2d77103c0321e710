/** Hover texts: the sealing facts of a symbol, an annotation or a section, in a few lines of Markdown. */
import { grouped, counted, hex, sizeText } from '../session/report/format.ts';
import { codeSpan, plainText } from '../session/report/markdown.ts';
import { permissionText, type SealRegion } from '../sealing/region.ts';
import type { ElfSymbol, Section } from '../symbols/index.ts';
import { meaningOfSection, type Annotation } from './annotations.ts';
import type { Image, Range, SealingFacts } from './image/image.ts';

const NAMES_SHOWN = 6;
const NAME_LENGTH = 120;
const PAGE_BITS = 12n;

/** Policies as consequences, for the one line that a hover has. */
const POLICY: Readonly<Record<string, string>> = {
  ask: 'a store after the seal stops the guest',
  oops: 'a store after the seal traps in the guest (`oops`)',
  retry: 'a store after the seal makes the page writable (`retry`)',
  'write-once': 'a store after the seal is let through once (`write-once`)',
  skip: 'a store after the seal is skipped (`skip`)',
  log: 'a store after the seal is recorded and makes the page writable (`log`)',
  off: 'stores after the seal are not looked at (`rodata: off`)',
};

export function symbolText(image: Image, facts: SealingFacts): string {
  const { symbol, name, annotation, pages, neighbours } = facts;
  const origin = [
    annotation && code(annotation.names[0]!),
    sectionOf(symbol) && `section ${code(sectionOf(symbol)!.name)}`,
  ];
  const extent =
    symbol.size === 0
      ? `Address ${code(hex(symbol.address))}, a label`
      : `Address ${code(hex(symbol.address))}, ${counted(symbol.size, 'byte')}`;
  return paragraphs(
    [`**${headline(facts)}**`, code(name), ...origin].filter((each) => each !== undefined).join(' · '),
    facts.region && regionText(image, facts.region, facts.regionName),
    `${extent}; ${pagesText(pages)}`,
    neighbours.length > 0 &&
      `On ${pageCount(pages) === 1n ? 'this page' : 'these pages'} too: ${namesText(neighbours)}`,
    `_${plain(image.name)}_`,
  );
}

export function annotationText(image: Image, name: string, annotation: Annotation): string {
  const ranges = image.rangesOf(annotation);
  return paragraphs(
    `**${code(name)}** ${annotation.meaning}`,
    ...(ranges.length > 0
      ? carriersText(image, ranges, annotation.marks)
      : [`In ${plain(image.name)} nothing carries it, or the linker script merges it into another section.`]),
    annotation.isSealed && unprotectedText(image, ranges),
  );
}

/** Undefined for a section that neither the image nor any kernel we know of has. */
export function sectionText(
  image: Image,
  name: string,
  annotation: Annotation | undefined,
): string | undefined {
  const section = image.section(name);
  const ranges = section === undefined ? annotation && image.rangesOf(annotation) : [section];
  if (ranges === undefined) return undefined;
  const meaning = meaningOfSection(name) ?? '';
  const marks = section?.executable === true ? 'functions' : (annotation?.marks ?? 'objects');
  return paragraphs(
    `**Section ${code(name)}** ${meaning}`.trimEnd(),
    section &&
      `${rangeText(section)}, ${sizeText(BigInt(section.size))}, linked ${code(
        permissionText({ read: true, write: section.writable, execute: section.executable, user: false }),
      )}`,
    ...(ranges.length > 0
      ? carriersText(image, ranges, marks)
      : [`${plain(image.name)} has no such section, or its linker script merges it into another one.`]),
    annotation?.isSealed === true && unprotectedText(image, ranges),
  );
}

function headline({ standing, annotation, region, symbol }: SealingFacts): string {
  switch (standing) {
    case 'inside':
      return symbol.section?.writable === false ? 'Read-only' : 'Sealed after init';
    case 'beside':
      return 'On a sealed page, though not meant to be sealed';
    case 'border':
      return symbol.address === region?.start ? 'Start of a sealed region' : 'Border of sealed memory';
    case 'annotated':
      return annotation?.isSealed === true ? 'Annotated, but in no sealed region' : 'Not sealed';
  }
}

/** A linker script may put a label far from the section that it counts as part of. */
function sectionOf({ address, section, size }: ElfSymbol): Section | undefined {
  const offset = section === undefined ? -1n : address - section.address;
  return offset >= 0n && offset < BigInt(section?.size ?? 0) + (size === 0 ? 1n : 0n) ? section : undefined;
}

function regionText(image: Image, region: SealRegion, name = region.name): string {
  const source = region.origin === 'configuration' ? 'configured' : `preset ${plain(region.source)}`;
  const policy = POLICY[image.configuration.policy] ?? POLICY['ask']!;
  return `Seal region ${code(name)} (${source}): ${policy}`;
}

/** How many objects are in some ranges, a few of them by name, and which regions they are in. */
function carriersText(image: Image, ranges: readonly Range[], marks: Annotation['marks']): string[] {
  const found = ranges.flatMap((range) =>
    marks === 'functions' ? image.functionsIn(range) : image.objectsIn(range),
  );
  const distinct = [...new Map(found.map((symbol) => [symbol.address, symbol])).values()];
  const regions = new Set(ranges.flatMap(({ start, end }) => image.regions.overlapping(start, end) ?? []));
  const noun = marks === 'functions' ? 'function' : 'object';
  const names = distinct.map((symbol: ElfSymbol) => image.displayName(symbol));
  return [
    `${counted(distinct.length, noun)} in ${plain(image.name)}${names.length > 0 ? `: ${namesText(names)}` : ''}`,
    ...[...regions].map((region) => regionText(image, region)),
  ];
}

function unprotectedText(image: Image, ranges: readonly Range[]): string | false {
  const isOutside = ranges.some(({ start, end }) => image.regions.overlapping(start, end) === undefined);
  return isOutside && '**No seal region covers it: annotated, but not protected.**';
}

function pagesText(pages: Range): string {
  const count = pageCount(pages);
  return count === 1n
    ? `page ${code(hex(pages.start))}`
    : `${grouped(count)} pages from ${code(hex(pages.start))}`;
}

function pageCount({ start, end }: Range): bigint {
  return (end - start) >> PAGE_BITS;
}

function rangeText({ start, end }: Range): string {
  return `${code(hex(start))} to ${code(hex(end))}`;
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map(code).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${grouped(names.length - NAMES_SHOWN)} more` : shown;
}

function code(text: string): string {
  return codeSpan(short(text));
}

function plain(text: string): string {
  return plainText(short(text));
}

/** No name fills the screen. */
function short(text: string): string {
  return text.length > NAME_LENGTH ? `${text.slice(0, NAME_LENGTH)}…` : text;
}

function paragraphs(...lines: readonly (string | false | undefined)[]): string {
  return lines.filter((line) => typeof line === 'string').join('  \n');
}
