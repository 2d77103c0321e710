/**
 * Hovers: facts about sealing and nothing else, so that they stand beside those of clangd, cpptools and rust-analyzer
 * without saying anything twice. There is one for
 *
 * - a symbol of data in a seal region, on a page that a region reaches into, at the border of a region, or in a section
 *   that an annotation makes. None for functions, for ordinary data, for locals, members, parameters and tags.
 * - an annotation, and a section where it is named: `__section(".x")`, `#[link_section = ".x"]`, `.section .x`.
 * - in a linker script, any section that the image has or that an annotation makes.
 */
import { annotationNamed, annotationOfSection } from './annotations.ts';
import type { Image, SealingFacts } from './image/image.ts';
import { symbolFor, type Place } from './image/scope.ts';
import { annotationText, sectionText, symbolText } from './markdown.ts';
import type { Subject } from './text/subject.ts';

/** Markdown; undefined where there is nothing to tell. */
export function hoverText(
  image: Image,
  subject: Subject,
  place: Place,
  exists: (path: string) => boolean,
): string | undefined {
  const { kind, text } = subject;
  if (kind === 'annotation') return annotationText(image, text, annotationNamed(text)!);
  if (kind === 'section') return sectionText(image, text, annotationOfSection(text));
  if (place.kind === 'linker-script') {
    const section = inputSection(text);
    const found = sectionText(image, section, annotationOfSection(section));
    if (found !== undefined) return found;
  }
  const facts = factsFor(image, subject, place, exists);
  return facts && symbolText(image, facts);
}

/** The symbol that a hover is about, with what there is to tell of it. */
export function factsFor(
  image: Image,
  { kind, text }: Subject,
  place: Place,
  exists: (path: string) => boolean,
): SealingFacts | undefined {
  const symbol = kind === 'name' ? symbolFor(image, text, place, exists) : undefined;
  return symbol && image.factsOf(symbol);
}

/** Linker scripts name input sections with patterns: `.rodata.*` goes where `.rodata` goes. */
function inputSection(pattern: string): string {
  return pattern.replace(/\.?\*$/, '');
}
