/** SBI in TypeScript: what M-mode firmware is to the guest, without one. */
import type { Stateful, StateVisitor } from '../devices/state.ts';
import type { Hart } from '../machine/hart.ts';
import type { Firmware } from '../machine/scheduler.ts';
import { baseExtension } from './base.ts';
import { dbcnExtension } from './dbcn.ts';
import { hsmExtension } from './hsm.ts';
import { ipiExtension } from './ipi.ts';
import { legacyExtension } from './legacy.ts';
import { rfenceExtension } from './rfence.ts';
import { failure, SBI_ERR_NOT_SUPPORTED, type SbiCall, type SbiExtension, type SbiPlatform } from './sbi.ts';
import { srstExtension } from './srst.ts';
import { suspExtension } from './susp.ts';
import { SuspendedHarts } from './suspension.ts';
import { timeExtension } from './time.ts';

const A0 = 10;
const A6 = 16;
const A7 = 17;

export class BuiltinFirmware implements Firmware, Stateful {
  readonly #extensions = new Map<bigint, SbiExtension>();
  readonly #suspended: SuspendedHarts;

  constructor(platform: SbiPlatform) {
    this.#suspended = new SuspendedHarts(platform);
    const extensions = [
      baseExtension((id) => this.#extensions.has(id)),
      timeExtension(platform),
      ipiExtension(platform),
      rfenceExtension(platform),
      hsmExtension(platform, this.#suspended),
      srstExtension(platform),
      dbcnExtension(platform),
      suspExtension(platform, this.#suspended),
      legacyExtension(platform),
    ];
    for (const extension of extensions) {
      for (const id of extension.ids) this.#extensions.set(BigInt(id), extension);
    }
  }

  call(hart: Hart): void {
    const extensionId = hart.register(A7);
    const extension = this.#extensions.get(extensionId);
    const argument = (index: number): bigint => hart.register(A0 + index);
    const call: SbiCall = {
      hart,
      functionId: Number(BigInt.asUintN(32, hart.register(A6))),
      arguments: [argument(0), argument(1), argument(2), argument(3), argument(4), argument(5)],
    };
    const result = extension?.call(call, Number(extensionId)) ?? failure(SBI_ERR_NOT_SUPPORTED);
    if (result.kind === 'leave') return;
    if (result.kind === 'return') {
      hart.setRegister(A0, result.error);
      hart.setRegister(A0 + 1, result.value);
    } else hart.setRegister(A0, result.value);
    hart.pc = BigInt.asUintN(64, hart.pc + 4n);
  }

  resumeSuspended(): void {
    this.#suspended.resume();
  }

  visit(state: StateVisitor): void {
    this.#suspended.visit(state);
  }
}
