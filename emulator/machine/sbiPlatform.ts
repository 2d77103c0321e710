import type { SbiPlatform } from '../firmware/sbi.ts';
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import type { Hart } from './hart.ts';
import type { Observers } from './observers.ts';
import type { Peripherals } from './peripherals.ts';
import type { PhysicalMemory } from './physicalMemory.ts';
import type { Power } from './power.ts';

/** The machine as built-in firmware sees it. */
export function sbiPlatform(parts: {
  engine: Engine;
  clock: Clock;
  harts: readonly Hart[];
  memory: PhysicalMemory;
  peripherals: Peripherals;
  power: Power;
  observers: Observers;
}): SbiPlatform {
  const { engine, clock, harts, memory, peripherals, power, observers } = parts;
  return {
    harts,
    memory,
    resetHart(hart) {
      engine.core.reset(hart.block);
      peripherals.drive();
    },
    setTimer: (hart, mtime) => peripherals.setTimer(hart, mtime),
    fence(hart, start, size, asid) {
      const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
      engine.core.fence(
        hart.block,
        signed(start),
        signed(size),
        signed(asid ?? 0n),
        asid === undefined ? 0 : 1,
      );
      observers.tlbFlushed(hart.id);
    },
    consoleWrite: (bytes) => peripherals.consoleWrite(bytes),
    consoleRead: () => peripherals.consoleRead(),
    powerOff: (reason, status) => power.off(reason, status),
    hartEvent: (event) => observers.hart({ ...event, step: clock.step }),
  };
}
