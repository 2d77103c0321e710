/** The host-target interface of riscv-tests and Spike, as far as ending the run: bit 0 of `tohost` set exits. */
import type { ExitReason } from '../machine/stop.ts';

export interface HtifExit {
  readonly reason: ExitReason;
  readonly status: number;
}

/** What a value in `tohost` means: 1 passes, another odd one fails with the bits above; undefined for anything else. */
export function tohostExit(value: bigint): HtifExit | undefined {
  if ((value & 1n) === 0n) return undefined;
  const status = Number(BigInt.asUintN(31, value >> 1n));
  return value === 1n ? { reason: 'pass', status: 0 } : { reason: 'fail', status };
}
