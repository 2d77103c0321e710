/**
 * Session events as the JSON lines that other programs read. The fields of DESIGN are a contract; README.md lists
 * what is added to them. Addresses are "0x…" strings, counts decimal strings, unknowns null.
 */
import { sealerOf, type Exit, type RefusedStore, type SealChange } from '../session/index.ts';
import {
  hex,
  hexValue,
  placeJson,
  reportJson,
  reportOf,
  sealedRegionJson,
  type JsonObject,
} from '../session/report/index.ts';
import type { StorePolicy } from './options.ts';

export function consoleJson(text: string): JsonObject {
  return { event: 'console', text };
}

export function sealJson({ kind, moment, regions, aliases }: SealChange): JsonObject {
  return {
    event: 'seal',
    step: moment.step.toString(),
    hart: moment.hart,
    ...placeJson(moment.place),
    change: kind,
    regions: regions.map(sealedRegionJson),
    sealedBy: placeJson(sealerOf(moment)),
    aliases: aliases.map(({ start, end }) => ({ start: hex(start), end: hex(end) })),
  };
}

export function sealedWriteJson(
  refused: RefusedStore,
  action: StorePolicy,
  sourceLine: string | undefined,
): JsonObject {
  return {
    event: 'sealedWrite',
    step: refused.step.toString(),
    hart: refused.hart,
    ...placeJson(refused.place),
    address: hex(refused.address),
    symbol: refused.object?.symbol ?? null,
    offset: refused.object?.offset ?? 0,
    size: refused.size,
    oldValue: hexValue(refused.oldValue, refused.size),
    newValue: hexValue(refused.newValue, refused.size),
    redundant: refused.redundant,
    action,
    stack: refused.stack.map(placeJson),
    member: refused.object?.path ?? null,
    report: reportJson(reportOf(refused, sourceLine)),
  };
}

/** What a whole run came to. */
export interface Summary {
  readonly exit: Exit;
  /** Wall-clock time, of the run alone. */
  readonly seconds: number;
  readonly sealedWrites: number;
  /** A page that a `retry` opened has not been sealed again. */
  readonly degraded: boolean;
  /** Digest of everything the guest can see; only with `--stats`, because it reads all memory. */
  readonly stateHash: string | undefined;
}

export function exitJson({ exit, seconds, sealedWrites, degraded, stateHash }: Summary): JsonObject {
  return {
    event: 'exit',
    reason: exit.reason,
    status: exit.status,
    instructions: exit.step.toString(),
    seconds: rounded(seconds, 6),
    mips: rounded(mips(exit.step, seconds), 1),
    sealedWrites,
    degraded,
    ...(stateHash === undefined ? {} : { stateHash }),
  };
}

/** Million instructions a second. */
export function mips(instructions: bigint, seconds: number): number {
  return seconds === 0 ? 0 : Number(instructions) / seconds / 1e6;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
