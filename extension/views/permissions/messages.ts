/** What the page permissions view and its host say to each other. */
import type { CustomResult } from '../../../server/debug/protocol.ts';
import type { Answer, Ask, Deed, Spot } from '../common/messages.ts';

export type Permissions = CustomResult<'sealscope/permissions'>;
export type Pages = CustomResult<'sealscope/pages'>;
export type Found = CustomResult<'sealscope/find'>;
export type Phases = CustomResult<'sealscope/phases'>;
export type Region = CustomResult<'sealscope/seals'>['regions'][number];

/** What the view may ask the adapter for, by itself. */
export const questions = ['sealscope/pages', 'sealscope/find'] as const;
export type Question = (typeof questions)[number];

export type ToHost =
  | { readonly type: 'ready' }
  | Ask<Question>
  /** Compare with this stop from now on; undefined: with the one before the current one. 0: with none. */
  | { readonly type: 'since'; readonly since: number | undefined }
  | Deed;

export type News =
  /** No session of ours is there (any more). */
  | { readonly type: 'ended' }
  | { readonly type: 'running'; readonly session: string }
  | {
      readonly type: 'stopped';
      /** Its id: another session's stops are other stops. */
      readonly session: string;
      readonly permissions: Permissions;
      /** With what keeps each from being sealed. */
      readonly regions: readonly Region[];
      readonly phases: Phases;
    }
  /** Comes while the machine runs; at a stop they are part of it. */
  | { readonly type: 'phases'; readonly phases: Phases }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'reveal'; readonly spot: Spot };

export type ToView = News | Answer;
