import type { Device } from './device.ts';

/** Finds the device behind a guest-physical address. */
export class Bus {
  readonly #devices: readonly Device[];

  constructor(devices: readonly Device[]) {
    this.#devices = devices;
  }

  /** Whether an access of this width there is possible at all. */
  accepts(address: bigint, width: number): boolean {
    return this.#find(address, width) !== undefined;
  }

  /** Zero for an address that `accepts` refuses. */
  read(address: bigint, width: number): bigint {
    const device = this.#find(address, width);
    return device?.read(Number(address) - device.base, width) ?? 0n;
  }

  write(address: bigint, width: number, value: bigint): void {
    const device = this.#find(address, width);
    device?.write(Number(address) - device.base, width, BigInt.asUintN(width * 8, value));
  }

  #find(address: bigint, width: number): Device | undefined {
    const at = Number(address);
    const device = this.#devices.find(({ base, size }) => at >= base && at + width <= base + size);
    return device?.widths.includes(width) === true && at % width === 0 ? device : undefined;
  }
}
