/**
 * What a page and its host say to each other, whichever view it is. The browser side knows neither VS Code nor a
 * session: it asks the adapter through its host, and names what a person wants done.
 */
import type { CustomArguments, CustomCommand, CustomResult } from '../../../server/debug/protocol.ts';
import type { OnWire } from '../../session/wire.ts';

/** What the adapter takes for a question; addresses as text. */
export type QuestionArguments<C extends CustomCommand> = OnWire<CustomArguments<C>>;

export interface Ask<C extends CustomCommand = CustomCommand> {
  readonly type: 'ask';
  readonly id: number;
  readonly question: C;
  readonly arguments: QuestionArguments<C>;
}

export type Answer =
  | { readonly type: 'answer'; readonly id: number; readonly result: CustomResult<CustomCommand> }
  | { readonly type: 'refused'; readonly id: number; readonly message: string };

/** A place in the guest's memory: "0x…", and bytes. */
export interface Spot {
  readonly address: string;
  readonly size?: number;
  readonly name?: string;
}

/** What a person may want of VS Code from any of the pages. */
export type Deed =
  | { readonly type: 'copyAddress'; readonly address: string }
  | { readonly type: 'openSource'; readonly path: string; readonly line: number }
  | { readonly type: 'showPermissions'; readonly spot: Spot }
  | { readonly type: 'startDebugging' };

/** How it stands with the active session; comes whenever that changes, and whenever there may be news to ask for. */
export interface SessionNews {
  readonly type: 'session';
  /** `none`: no session of ours is there (any more). `running` ones answer many questions, too. */
  readonly state: 'none' | 'running' | 'stopped';
  /** Its id; empty without one. */
  readonly session: string;
}
