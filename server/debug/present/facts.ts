/** What is known of a refused store, as lines of text with lines below: for a scope, and for views. */
import { permissionText, type CodePlace, type RefusedStore, type WriterRecord } from '../../session/index.ts';
import { grouped, hex, hexValue, listed, sizeText, sourceText } from '../../session/report/index.ts';
import { sealerOf } from '../../sealing/story.ts';
import { placeText } from './sources.ts';

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** What the value speaks of, in memory. */
  readonly address?: bigint | undefined;
  /** What the value speaks of, in the sources. */
  readonly place?: { readonly file?: string | undefined; readonly line?: number | undefined } | undefined;
  readonly below?: readonly Fact[];
}

const NAMES_SHOWN = 4;

/** The diagnosis in the order in which one reads it (DOMAIN.md §7). */
export function factsOf(refused: RefusedStore): Fact[] {
  const { object, page: leaf, region, sealedBy, writers, neighbours } = refused;
  const value = (bits: bigint) => hexValue(bits, refused.size);
  const facts: (Fact | undefined)[] = [
    { name: 'story', value: refused.story },
    {
      name: 'variable',
      value: object?.path ?? 'no symbol',
      address: refused.address,
      below: refused.members.map((member) => ({
        name: member.path,
        value: `${member.oldText} → ${member.newText}`,
      })),
    },
    object === undefined || object.type === undefined ? undefined : { name: 'type', value: object.type },
    object?.file === undefined ? undefined : { name: 'declared', value: sourceText(object), place: object },
    { name: 'address', value: hex(refused.address), address: refused.address },
    { name: 'size', value: sizeText(BigInt(refused.size)) },
    { name: 'old value', value: value(refused.oldValue) },
    { name: 'new value', value: value(refused.newValue) },
    { name: 'redundant', value: refused.redundant ? 'yes: the same value is there already' : 'no' },
    { name: 'instruction', value: refused.instruction, address: refused.place.pc, place: refused.place },
    {
      name: 'region',
      value: region.name,
      address: region.start,
      below: [
        { name: 'start', value: hex(region.start), address: region.start },
        { name: 'end', value: hex(region.end) },
        { name: 'known by', value: `${region.origin}: ${region.source}` },
      ],
    },
    {
      name: 'sealed by',
      value:
        refused.whatIf !== undefined
          ? `nobody: a what-if seal since ${refused.whatIf.since}`
          : sealedBy === undefined
            ? 'nobody: mapped read-only from the start'
            : `${placeText(sealerOf(sealedBy))}, hart ${sealedBy.hart}, step ${grouped(sealedBy.step)}`,
      place: sealedBy && sealerOf(sealedBy),
      below: stackFacts(sealedBy?.stack ?? []),
    },
    {
      name: 'page',
      value: `${hex(leaf.address)}, ${sizeText(leaf.size)}`,
      address: leaf.address,
      below: [
        { name: 'now', value: permissionText(leaf.now) },
        {
          name: 'as linked',
          value: leaf.linked === undefined ? 'not in the image' : permissionText(leaf.linked),
        },
        { name: 'PTE', value: `${hexValue(leaf.pte, 8)} at physical ${hex(leaf.pteAddress)}` },
        ...leaf.aliases.map((alias, index) => ({
          name: `alias ${index}`,
          value: `${hex(alias.address)} ${permissionText(alias.permissions)}`,
          address: alias.address,
        })),
      ],
    },
    neighbours.length === 0
      ? undefined
      : {
          name: 'also on the page',
          value: listed(
            neighbours.map(({ name }) => name),
            NAMES_SHOWN,
          ),
          below: neighbours.map(({ name, address, size, inRegion }) => ({
            name,
            value: `${hex(address)}, ${sizeText(BigInt(size))}, ${inRegion ? 'sealed' : 'not meant to be sealed'}`,
            address,
          })),
        },
    writerFact('first writer', writers.first),
    writers.latest?.step === writers.first?.step ? undefined : writerFact('latest writer', writers.latest),
    {
      name: 'why now',
      value: refused.root.text,
      place: refused.root.place,
      below: stackFacts(refused.stack),
    },
    { name: 'kind', value: [refused.classification, ...refused.also].join(', ') },
    ...refused.suggestions.map((suggestion, index) => ({
      name: `suggestion ${index + 1}`,
      value:
        sourceText(suggestion) === '' ? suggestion.text : `${suggestion.text} (${sourceText(suggestion)})`,
      place: suggestion,
    })),
  ];
  return facts.filter((fact) => fact !== undefined);
}

function writerFact(name: string, writer: WriterRecord | undefined): Fact | undefined {
  if (writer === undefined) return undefined;
  const values = `${hexValue(writer.oldValue, writer.size)} → ${hexValue(writer.newValue, writer.size)}`;
  return {
    name,
    value: `${placeText(writer.place)}, step ${grouped(writer.step)}: ${values}`,
    place: writer.place,
  };
}

function stackFacts(stack: readonly CodePlace[]): Fact[] {
  return stack.map((place, index) => ({ name: `#${index}`, value: placeText(place), place }));
}
