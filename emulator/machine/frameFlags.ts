/** Sets FRAME_FLAGS bits for those who watch frames, and counts how many watch each. */
import type { CoreExports } from '../core-interface.ts';
import { FRAME_FLAGS } from '../layout.ts';
import type { EngineMemory } from './memory.ts';

export class FrameFlags {
  readonly #memory: EngineMemory;
  readonly #core: CoreExports;
  readonly #users = new Map<number, Map<number, number>>();

  constructor(memory: EngineMemory, core: CoreExports) {
    this.#memory = memory;
    this.#core = core;
  }

  /** One more user of a flag (one bit) on a RAM frame (number from the start of RAM). */
  add(frame: number, flag: number): void {
    this.#count(frame, flag, 1);
  }

  /** One user less. */
  remove(frame: number, flag: number): void {
    this.#count(frame, flag, -1);
  }

  /** Set all flags again, after everything derived was dropped. */
  reapply(): void {
    for (const [flag, frames] of this.#users) {
      for (const frame of frames.keys()) this.#set(frame, flag, true);
    }
  }

  #count(frame: number, flag: number, change: 1 | -1): void {
    let frames = this.#users.get(flag);
    if (frames === undefined) this.#users.set(flag, (frames = new Map<number, number>()));
    const users = (frames.get(frame) ?? 0) + change;
    if (users === 0) frames.delete(frame);
    else frames.set(frame, users);
    if (users === 0 || (users === 1 && change === 1)) this.#set(frame, flag, users > 0);
  }

  #set(frame: number, flag: number, on: boolean): void {
    const old = this.#memory.bytes[FRAME_FLAGS + frame]!;
    this.#memory.bytes[FRAME_FLAGS + frame] = on ? old | flag : old & ~flag;
    if (on) this.#core.flushFrame(frame);
  }
}
