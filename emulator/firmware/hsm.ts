/** Hart state management (SBI 2.0, chapter 9). */
import type { Stateful, StateVisitor } from '../devices/state.ts';
import { INTERRUPT } from '../memoryMap.ts';
import type { Hart, HartState } from '../machine/hart.ts';
import { enterSupervisor } from './supervisor.ts';
import {
  failure,
  LEAVE,
  SBI_ERR_ALREADY_AVAILABLE,
  SBI_ERR_INVALID_ADDRESS,
  SBI_ERR_INVALID_PARAM,
  SBI_ERR_NOT_SUPPORTED,
  type SbiCall,
  type SbiExtension,
  type SbiPlatform,
  type SbiResult,
  success,
} from './sbi.ts';

const HSM = 0x48_534d;
const STARTED = 0n;
const STOPPED = 1n;
const SUSPENDED = 4n;
const STATUS: Readonly<Record<HartState, bigint>> = {
  running: STARTED,
  waiting: STARTED,
  stopped: STOPPED,
  suspended: SUSPENDED,
};
const RETENTIVE = 0x0000_0000n;
const NON_RETENTIVE = 0x8000_0000n;
/** From here to the end of each half, suspend types belong to platforms; below, they are reserved. */
const PLATFORM_TYPES = 0x1000_0000n;

const MIP = 0x344;
const SSIP = 1 << INTERRUPT.supervisorSoftware;
/** Raised by firmware, so they wake a suspended hart whether or not S-mode has enabled them. */
const FIRMWARE_INTERRUPTS = BigInt(SSIP | (1 << INTERRUPT.supervisorTimer));

/** Where a suspended hart goes on. */
interface Suspension {
  readonly retentive: boolean;
  readonly address: bigint;
  readonly opaque: bigint;
}

const NO_SUSPENSION: Suspension = { retentive: true, address: 0n, opaque: 0n };

export class HartStateManagement implements SbiExtension, Stateful {
  readonly ids = [HSM];
  readonly #platform: SbiPlatform;
  readonly #suspensions: Suspension[];

  constructor(platform: SbiPlatform) {
    this.#platform = platform;
    this.#suspensions = platform.harts.map(() => NO_SUSPENSION);
  }

  call(call: SbiCall): SbiResult {
    const [first, second, third] = call.arguments;
    switch (call.functionId) {
      case 0:
        return this.#start(call.hart, this.#hart(first), second, third);
      case 1:
        return this.#stop(call.hart);
      case 2:
        return this.#status(this.#hart(first));
      case 3:
        return this.#suspend(call.hart, BigInt.asUintN(32, first), second, third);
      default:
        return failure(SBI_ERR_NOT_SUPPORTED);
    }
  }

  /** Let suspended harts go on that have an interrupt to go on for. */
  resumeSuspended(): void {
    for (const hart of this.#platform.harts) {
      if (hart.state === 'suspended' && this.#hasReason(hart)) this.#resume(hart);
    }
  }

  visit(state: StateVisitor): void {
    this.#suspensions.forEach(({ retentive, address, opaque }, hart) => {
      this.#suspensions[hart] = {
        retentive: state.u32(retentive ? 1 : 0) === 1,
        address: state.u64(address),
        opaque: state.u64(opaque),
      };
    });
  }

  #hart(id: bigint): Hart | undefined {
    return id < this.#platform.harts.length ? this.#platform.harts[Number(id)] : undefined;
  }

  #start(caller: Hart, target: Hart | undefined, address: bigint, opaque: bigint): SbiResult {
    if (target === undefined) return failure(SBI_ERR_INVALID_PARAM);
    if (target.state !== 'stopped') return failure(SBI_ERR_ALREADY_AVAILABLE);
    if (!this.#platform.memory.has(address, 2n)) return failure(SBI_ERR_INVALID_ADDRESS);
    this.#platform.resetHart(target);
    enterSupervisor(target, address, opaque);
    this.#platform.hartEvent({ kind: 'start', hart: target.id, by: caller.id, address, retentive: false });
    return success();
  }

  #stop(hart: Hart): SbiResult {
    hart.state = 'stopped';
    this.#platform.hartEvent({
      kind: 'stop',
      hart: hart.id,
      by: hart.id,
      address: undefined,
      retentive: false,
    });
    return LEAVE;
  }

  #status(target: Hart | undefined): SbiResult {
    return target === undefined ? failure(SBI_ERR_INVALID_PARAM) : success(STATUS[target.state]);
  }

  #suspend(hart: Hart, type: bigint, address: bigint, opaque: bigint): SbiResult {
    if (type !== RETENTIVE && type !== NON_RETENTIVE) {
      return failure(type % NON_RETENTIVE < PLATFORM_TYPES ? SBI_ERR_INVALID_PARAM : SBI_ERR_NOT_SUPPORTED);
    }
    const retentive = type === RETENTIVE;
    if (!retentive && !this.#platform.memory.has(address, 2n)) return failure(SBI_ERR_INVALID_ADDRESS);
    this.#suspensions[hart.id] = { retentive, address, opaque };
    hart.state = 'suspended';
    this.#platform.hartEvent({
      kind: 'suspend',
      hart: hart.id,
      by: hart.id,
      address: retentive ? undefined : address,
      retentive,
    });
    return LEAVE;
  }

  #hasReason(hart: Hart): boolean {
    return hart.interruptible || (hart.csr(MIP)! & FIRMWARE_INTERRUPTS) !== 0n;
  }

  #resume(hart: Hart): void {
    const { retentive, address, opaque } = this.#suspensions[hart.id]!;
    this.#suspensions[hart.id] = NO_SUSPENSION;
    if (retentive) {
      hart.setRegister(10, 0n);
      hart.setRegister(11, 0n);
      hart.pc = BigInt.asUintN(64, hart.pc + 4n);
      hart.state = 'running';
    } else {
      const pending = Number(hart.csr(MIP)!) & SSIP;
      this.#platform.resetHart(hart);
      hart.setPending(SSIP, pending);
      enterSupervisor(hart, address, opaque);
    }
    this.#platform.hartEvent({
      kind: 'resume',
      hart: hart.id,
      by: undefined,
      address: retentive ? undefined : address,
      retentive,
    });
  }
}
