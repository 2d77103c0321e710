/** Guest-physical addresses and interrupt numbers: those of QEMU's `virt` machine. Sizes in bytes. */
import { STEPS_PER_TICK } from './layout.ts';

export const FINISHER_BASE = 0x10_0000;
export const FINISHER_SIZE = 0x1000;
export const RTC_BASE = 0x10_1000;
export const RTC_SIZE = 0x1000;
/** The RTC's source at the PLIC. */
export const RTC_INTERRUPT = 11;
export const CLINT_BASE = 0x200_0000;
export const CLINT_SIZE = 0x1_0000;
export const PLIC_BASE = 0xc00_0000;
export const PLIC_SIZE = 0x60_0000;
export const UART_BASE = 0x1000_0000;
export const UART_SIZE = 0x100;
/** The UART's source at the PLIC. */
export const UART_INTERRUPT = 10;
export const VIRTIO_BASE = 0x1000_1000;
export const VIRTIO_SIZE = 0x1000;
/** Bytes from one virtio slot to the next. */
export const VIRTIO_STRIDE = 0x1000;
export const VIRTIO_SLOTS = 8;
/** The first virtio slot's source at the PLIC; the others follow. */
export const VIRTIO_INTERRUPT = 1;
/** PLIC sources, numbered from 1. */
export const PLIC_SOURCES = 96;
/** mtime counts at 10 MHz. */
export const TIMEBASE_HZ = 10_000_000;
/** How long a step takes, as the guest's clocks tell. */
export const NANOSECONDS_PER_STEP = 1_000_000_000n / BigInt(TIMEBASE_HZ * STEPS_PER_TICK);
/** The UART's input clock in Hz; what drivers compute divisors from. */
export const UART_CLOCK_HZ = 3_686_400;

/** Bits of mip and mie (privileged spec, "Machine Interrupt Registers"). */
export const INTERRUPT = {
  supervisorSoftware: 1,
  machineSoftware: 3,
  supervisorTimer: 5,
  machineTimer: 7,
  supervisorExternal: 9,
  machineExternal: 11,
} as const;
