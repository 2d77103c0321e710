/** Harts that were suspended, by HSM or as the last hart of the whole system, and how they go on. */
import type { Stateful, StateVisitor } from '../devices/state.ts';
import type { Hart } from '../machine/hart.ts';
import { INTERRUPT } from '../memoryMap.ts';
import type { SbiPlatform } from './sbi.ts';
import { enterSupervisor } from './supervisor.ts';

const MIP = 0x344;
const STIMECMP = 0x14d;
const SSIP = 1 << INTERRUPT.supervisorSoftware;
/** Raised by firmware, so they wake a suspended hart whether or not S-mode has enabled them. */
const FIRMWARE_INTERRUPTS = BigInt(SSIP | (1 << INTERRUPT.supervisorTimer));

/** Where a hart goes on: behind its call, or from anew. */
export type Resumption = 'retentive' | { readonly address: bigint; readonly opaque: bigint };

export class SuspendedHarts implements Stateful {
  readonly #platform: SbiPlatform;
  readonly #resumptions: Resumption[];

  constructor(platform: SbiPlatform) {
    this.#platform = platform;
    this.#resumptions = platform.harts.map(() => 'retentive');
  }

  /** The hart that calls sleeps until it has an interrupt to wake for. */
  suspend(hart: Hart, resumption: Resumption): void {
    this.#resumptions[hart.id] = resumption;
    hart.state = 'suspended';
    this.#tell('suspend', hart, resumption);
  }

  /** Let harts go on that have an interrupt to go on for. */
  resume(): void {
    for (const hart of this.#platform.harts) {
      if (hart.state === 'suspended' && hasReason(hart)) this.#resume(hart);
    }
  }

  visit(state: StateVisitor): void {
    this.#resumptions.forEach((resumption, hart) => {
      const retentive = state.u32(resumption === 'retentive' ? 1 : 0) === 1;
      const { address, opaque } = resumption === 'retentive' ? { address: 0n, opaque: 0n } : resumption;
      const place = { address: state.u64(address), opaque: state.u64(opaque) };
      this.#resumptions[hart] = retentive ? 'retentive' : place;
    });
  }

  #resume(hart: Hart): void {
    const resumption = this.#resumptions[hart.id]!;
    this.#resumptions[hart.id] = 'retentive';
    if (resumption === 'retentive') {
      hart.setRegister(10, 0n);
      hart.setRegister(11, 0n);
      hart.pc = BigInt.asUintN(64, hart.pc + 4n);
      hart.state = 'running';
    } else this.#restart(hart, resumption);
    this.#tell('resume', hart, resumption);
  }

  /** What was pending, and the timer, outlive the reset. */
  #restart(hart: Hart, { address, opaque }: Exclude<Resumption, 'retentive'>): void {
    const pending = Number(hart.csr(MIP)!) & SSIP;
    const timer = hart.csr(STIMECMP);
    this.#platform.resetHart(hart);
    hart.setPending(SSIP, pending);
    enterSupervisor(hart, address, opaque);
    if (timer !== undefined) this.#platform.setTimer(hart, timer);
  }

  #tell(kind: 'suspend' | 'resume', hart: Hart, resumption: Resumption): void {
    this.#platform.hartEvent({
      kind,
      hart: hart.id,
      by: kind === 'suspend' ? hart.id : undefined,
      address: resumption === 'retentive' ? undefined : resumption.address,
      retentive: resumption === 'retentive',
    });
  }
}

function hasReason(hart: Hart): boolean {
  return hart.interruptible || (hart.csr(MIP)! & FIRMWARE_INTERRUPTS) !== 0n;
}
