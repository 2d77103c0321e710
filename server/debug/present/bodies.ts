/** Places, moments and seals as the requests of this project tell them. */
import type { CodePlace, Moment, SealOnPages } from '../../session/index.ts';
import { sealerOf } from '../../sealing/story.ts';
import { hex } from '../../session/report/index.ts';

export interface PlaceBody {
  readonly pc: string;
  readonly function: string;
  readonly path?: string;
  readonly line?: number;
}

export interface MomentBody {
  readonly step: string;
  readonly hart: number;
  readonly place: PlaceBody;
}

export function placeBody(place: CodePlace): PlaceBody {
  return {
    pc: hex(place.pc),
    function: place.function,
    ...(place.file === undefined ? {} : { path: place.file }),
    ...(place.line === undefined ? {} : { line: place.line }),
  };
}

/** Who sealed: the function that meant to, not the helper that wrote the page table. */
export function sealerBody(moment: Moment): MomentBody {
  return { step: moment.step.toString(), hart: moment.hart, place: placeBody(sealerOf(moment)) };
}

/** Who did something, in the innermost frame. */
export function momentBody({ step, hart, place }: Omit<Moment, 'stack'>): MomentBody {
  return { step: step.toString(), hart, place: placeBody(place) };
}

export function sealBody({ region, state, sealedBy }: SealOnPages): {
  region: string;
  state: SealOnPages['state'];
  sealedBy?: MomentBody;
} {
  return {
    region: region.name,
    state,
    ...(sealedBy === undefined ? {} : { sealedBy: sealerBody(sealedBy) }),
  };
}
