/**
 * Seal specifications, `--seal SPEC`:
 *
 *   .data..ro_after_init              a section
 *   __start_rodata..__end_rodata      from one symbol up to another (or an address, either side)
 *   0xffffffff81000000..0xffffffff81c00000, 0xffffffff81000000+4096      an address range
 *   cpu_caps                          one object
 *   cpu_caps,boot_args,.rodata        a list of any of these, a region each
 *   caps=cpu_caps                     any of these under a name of its own
 */
import { MAX_TRACKED_BYTES } from '../../emulator/permissions/tracker.ts';
import type { SymbolFile } from '../symbols/index.ts';
import { SealSpecError } from './errors.ts';
import { nearest } from './nearest.ts';

const ADDRESS_SPACE = 1n << 64n;

/** A region before it has an id and an origin. */
export interface NamedRange {
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The regions that a specification means in an image.
 * @throws SealSpecError when it names nothing, or something without extent.
 */
export function resolveSeal(spec: string, symbols: SymbolFile | undefined): NamedRange[] {
  const items = spec.split(',').map((item) => item.trim());
  if (items.some((item) => item === ''))
    throw new SealSpecError(
      spec,
      'is empty or has an empty item; give a section, a symbol, START..END or ADDRESS+SIZE',
    );
  return items.map((item) => resolveItem(spec, item, symbols));
}

/** Like `resolveSeal`, but undefined where the image has no such thing: for presets, which only try. */
export function trySeal(spec: string, symbols: SymbolFile): NamedRange[] | undefined {
  try {
    return resolveSeal(spec, symbols);
  } catch (error) {
    if (error instanceof SealSpecError) return undefined;
    throw error;
  }
}

function resolveItem(spec: string, item: string, symbols: SymbolFile | undefined): NamedRange {
  const [, label, rest] = /^(?:([^=]*)=)?(.*)$/.exec(item) ?? [];
  const text = rest?.trim() ?? '';
  if (label?.trim() === '') throw new SealSpecError(spec, `"${item}" has no name before "="`);
  const range =
    sectionRange(spec, text, symbols) ??
    boundedRange(spec, text, symbols) ??
    sizedRange(spec, text) ??
    objectRange(spec, text, symbols);
  if (range.end <= range.start)
    throw new SealSpecError(
      spec,
      `ends at ${hex(range.end)}, which is not behind its start ${hex(range.start)}`,
    );
  if (range.end > ADDRESS_SPACE)
    throw new SealSpecError(spec, `ends at ${hex(range.end)}; addresses have 64 bits`);
  // The pages that it touches count, and those are up to two more than it fills.
  if (range.end - range.start > MAX_TRACKED_BYTES - 2n * 4096n)
    throw new SealSpecError(spec, `covers ${range.end - range.start} bytes; a region is smaller than 4 GiB`);
  return label === undefined ? range : { ...range, name: label.trim() };
}

/** A text that begins with a dot is always a section: section names contain `..` too. */
function sectionRange(spec: string, text: string, symbols: SymbolFile | undefined): NamedRange | undefined {
  const section = symbols?.elf.section(text);
  if (section !== undefined && section.size > 0 && section.allocated)
    return { name: text, start: section.address, end: section.address + BigInt(section.size) };
  if (section !== undefined)
    throw new SealSpecError(
      spec,
      `section ${text} ${section.size === 0 ? 'is empty' : 'does not occupy memory'}`,
    );
  if (!text.startsWith('.')) return undefined;
  if (symbols === undefined)
    throw new SealSpecError(spec, `there is no ELF file to look section ${text} up in`);
  const names = symbols.elf.sections
    .filter((each) => each.allocated && each.size > 0)
    .map((each) => each.name);
  const near = nearest(text, names);
  throw new SealSpecError(spec, `no section ${text}; ${near.length > 0 ? didYouMean(near) : listed(names)}`);
}

function boundedRange(spec: string, text: string, symbols: SymbolFile | undefined): NamedRange | undefined {
  const at = text.indexOf('..');
  if (at < 0) return undefined;
  const from = text.slice(0, at).trim();
  const to = text.slice(at + 2).trim();
  if (from === '' || to === '')
    throw new SealSpecError(spec, `"${text}" needs a start and an end around ".."`);
  return { name: text, start: endpoint(spec, from, symbols), end: endpoint(spec, to, symbols) };
}

function sizedRange(spec: string, text: string): NamedRange | undefined {
  const [, from, length] = /^(.+)\+(.+)$/.exec(text) ?? [];
  const start = from === undefined ? undefined : parseAddress(from.trim());
  if (start === undefined) {
    if (parseAddress(text) !== undefined)
      throw new SealSpecError(spec, `is one address; give a range, such as ${text}+4096 or ${text}..END`);
    return undefined;
  }
  const bytes = parseAddress(length?.trim() ?? '');
  if (bytes === undefined || bytes === 0n)
    throw new SealSpecError(spec, `"${length ?? ''}" is not a size in bytes`);
  return { name: text, start, end: start + bytes };
}

function objectRange(spec: string, text: string, symbols: SymbolFile | undefined): NamedRange {
  const symbol = lookUp(spec, text, symbols);
  if (symbol.size === 0)
    throw new SealSpecError(
      spec,
      `${text} at ${hex(symbol.address)} is a label without a size; give ${text}..END`,
    );
  return { name: text, start: symbol.address, end: symbol.address + BigInt(symbol.size) };
}

function endpoint(spec: string, text: string, symbols: SymbolFile | undefined): bigint {
  return parseAddress(text) ?? lookUp(spec, text, symbols).address;
}

function lookUp(
  spec: string,
  name: string,
  symbols: SymbolFile | undefined,
): { address: bigint; size: number } {
  if (symbols === undefined)
    throw new SealSpecError(spec, `there is no ELF file to look symbol ${name} up in`);
  const symbol = symbols.symbols.find(name);
  if (symbol !== undefined) return symbol;
  const names: string[] = [];
  for (const each of symbols.symbols.all()) names.push(each.name);
  const sections = symbols.elf.sections.map((each) => each.name).filter((each) => each !== '');
  const near = nearest(name, [...sections, ...names]);
  const instead = names.length === 0 ? 'the image has no symbols' : didYouMean(near);
  throw new SealSpecError(spec, `no symbol or section ${name}${instead === '' ? '' : `; ${instead}`}`);
}

function parseAddress(text: string): bigint | undefined {
  return /^(0x[0-9a-f][0-9a-f_]*|\d+)$/i.test(text) ? BigInt(text.replaceAll('_', '')) : undefined;
}

function didYouMean(near: readonly string[]): string {
  return near.length === 0 ? '' : `did you mean ${near.join(' or ')}?`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'the image has none' : `the image has ${names.slice(0, 12).join(', ')}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
