/**
 * The report as JSON: addresses and values are "0x…" strings, steps and counts decimal strings, sizes numbers. What
 * is unknown is null, so that every key is always there.
 */
import type { CodePlace } from '../../sealing/codePlace.ts';
import type { DataObject, SealedPage, StorePart, WriterRecord } from '../../sealing/refusedStore.ts';
import { permissionText, type SealRegion } from '../../sealing/region.ts';
import type { Moment } from '../../sealing/sealEvent.ts';
import { hex, hexValue } from './format.ts';
import type { RefusedStoreReport } from './report.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** A place in code, as every event of the command line writes it. */
export function placeJson(place: CodePlace): JsonObject {
  return {
    pc: hex(place.pc),
    function: place.function === '' ? null : place.function,
    file: place.file ?? null,
    line: place.line ?? null,
  };
}

export function regionJson({ name, start, end }: SealRegion): JsonObject {
  return { name, start: hex(start), end: hex(end) };
}

/** With the parts that have names of their own, such as Linux's ro_after_init data inside its rodata. */
export function sealedRegionJson(region: SealRegion): JsonObject {
  const parts = region.parts.map(({ name, start, end }) => ({ name, start: hex(start), end: hex(end) }));
  return { ...regionJson(region), parts };
}

/** What the report says beyond the fields of the event that carries it. */
export function reportJson({ refused, sourceLine, choices, oops }: RefusedStoreReport): JsonObject {
  return {
    story: refused.story,
    class: refused.classification,
    also: refused.also,
    kind: refused.kind,
    instruction: refused.instruction,
    sourceLine: sourceLine ?? null,
    object: objectJson(refused.object),
    members: refused.members.map((member) => ({
      path: member.path,
      type: member.type ?? null,
      bits: member.bits ?? null,
      old: member.oldText,
      new: member.newText,
    })),
    parts: refused.parts.map(partJson),
    region: { ...regionJson(refused.region), origin: refused.region.origin, source: refused.region.source },
    sealedBy: refused.sealedBy === undefined ? null : momentJson(refused.sealedBy),
    ...(refused.whatIf === undefined ? {} : { whatIf: { since: refused.whatIf.since } }),
    page: pageJson(refused.page),
    throughAlias: refused.throughAlias,
    neighbours: refused.neighbours.map(({ name, address, size, inRegion }) => ({
      name,
      address: hex(address),
      size,
      sealed: inRegion,
    })),
    writers: {
      first: writerJson(refused.writers.first),
      latest: writerJson(refused.writers.latest),
      count: refused.writers.count.toString(),
      complete: refused.writers.complete,
    },
    root: {
      kind: refused.root.kind,
      text: refused.root.text,
      place: refused.root.place === undefined ? null : placeJson(refused.root.place),
      step: refused.root.step?.toString() ?? null,
    },
    choices: choices.map(({ action, consequence, caution }) => ({
      action,
      consequence,
      caution: caution ?? null,
    })),
    fixes: refused.suggestions.map(({ text, file, line }) => ({
      text,
      file: file ?? null,
      line: line ?? null,
    })),
    oops,
  };
}

function objectJson(object: DataObject | undefined): Json {
  if (object === undefined) return null;
  return {
    symbol: object.symbol,
    path: object.path,
    type: object.type ?? null,
    address: hex(object.start),
    size: object.size,
    offset: object.offset,
    file: object.file ?? null,
    line: object.line ?? null,
    section: object.section ?? null,
    inRegion: object.inRegion,
  };
}

function partJson(part: StorePart): JsonObject {
  return {
    address: hex(part.address),
    size: part.size,
    refused: part.refused,
    region: part.region?.name ?? null,
    object: part.object?.path ?? null,
    oldValue: hexValue(part.oldValue, part.size),
    newValue: hexValue(part.newValue, part.size),
  };
}

function momentJson({ step, hart, place }: Moment): JsonObject {
  return { step: step.toString(), hart, ...placeJson(place) };
}

function writerJson(writer: WriterRecord | undefined): Json {
  if (writer === undefined) return null;
  return {
    step: writer.step.toString(),
    hart: writer.hart,
    ...placeJson(writer.place),
    oldValue: hexValue(writer.oldValue, writer.size),
    newValue: hexValue(writer.newValue, writer.size),
  };
}

function pageJson(page: SealedPage): JsonObject {
  return {
    address: hex(page.address),
    size: Number(page.size),
    physical: hex(page.physical),
    linked: page.linked === undefined ? null : permissionText(page.linked),
    now: permissionText(page.now),
    pte: hex(page.pte),
    pteAddress: hex(page.pteAddress),
    aliases: page.aliases.map(({ address, permissions }) => ({
      address: hex(address),
      permissions: permissionText(permissions),
    })),
  };
}
