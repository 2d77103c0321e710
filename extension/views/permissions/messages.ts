/**
 * What the page permissions view and its host say to each other. The browser side knows neither VS Code nor a
 * session: it gets data, asks for more, and names what a person wants done.
 */
import type { CustomResult } from '../../../server/debug/protocol.ts';

export type Permissions = CustomResult<'sealscope/permissions'>;
export type Pages = CustomResult<'sealscope/pages'>;
export type Found = CustomResult<'sealscope/find'>;
export type Phases = CustomResult<'sealscope/phases'>;

/** What the view may ask the adapter for, by itself. */
export const questions = ['sealscope/pages', 'sealscope/find'] as const;
export type Question = (typeof questions)[number];

/** A place in the guest's memory: "0x…", and bytes. */
export interface Spot {
  readonly address: string;
  readonly size?: number;
  readonly name?: string;
}

/** What the adapter takes for each; addresses as text. */
export interface QuestionArguments {
  'sealscope/pages': {
    readonly start: string;
    readonly end: string;
    readonly first: number;
    readonly count: number;
    readonly threadId: number;
    readonly since: number;
  };
  'sealscope/find': { readonly query: string; readonly limit: number };
}

export interface Ask<Q extends Question = Question> {
  readonly type: 'ask';
  readonly id: number;
  readonly question: Q;
  readonly arguments: QuestionArguments[Q];
}

export type ToHost =
  | { readonly type: 'ready' }
  | Ask
  /** Compare with this stop from now on; undefined: with the one before the current one. 0: with none. */
  | { readonly type: 'since'; readonly since: number | undefined }
  | { readonly type: 'copyAddress'; readonly address: string }
  | { readonly type: 'openSource'; readonly path: string; readonly line: number }
  | { readonly type: 'startDebugging' };

export type ToView =
  /** No session of ours is there (any more). */
  | { readonly type: 'ended' }
  | { readonly type: 'running'; readonly session: string }
  | {
      readonly type: 'stopped';
      /** Its id: another session's stops are other stops. */
      readonly session: string;
      readonly permissions: Permissions;
      readonly phases: Phases;
    }
  /** Comes while the machine runs; at a stop they are part of it. */
  | { readonly type: 'phases'; readonly phases: Phases }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'answer'; readonly id: number; readonly result: CustomResult<Question> }
  | { readonly type: 'refused'; readonly id: number; readonly message: string }
  | { readonly type: 'reveal'; readonly spot: Spot };
