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
    const device = this.#devices.find(
      ({ base, size }) => address >= base && address + BigInt(width) <= base + size,
    );
    if (device === undefined || !device.widths.includes(width)) return undefined;
    return Number(address) % width === 0 ? device : undefined;
  }
}
