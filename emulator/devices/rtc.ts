/**
 * Goldfish's real-time clock as on QEMU's `virt`: nanoseconds since 1970, and one alarm. The host's clock has no part
 * in it: at step 0 it is always 2026-01-01T00:00:00Z, and every step takes NANOSECONDS_PER_STEP.
 */
import { NANOSECONDS_PER_STEP, RTC_BASE, RTC_SIZE } from '../memoryMap.ts';
import type { Device } from './device.ts';
import type { StateVisitor } from './state.ts';

/** 2026-01-01T00:00:00Z. */
export const RTC_EPOCH_NANOSECONDS = 1_767_225_600_000_000_000n;

const TIME_LOW = 0x00;
const TIME_HIGH = 0x04;
const ALARM_LOW = 0x08;
const ALARM_HIGH = 0x0c;
const INTERRUPT_ENABLE = 0x10;
const CLEAR_ALARM = 0x14;
const ALARM_STATUS = 0x18;
const CLEAR_INTERRUPT = 0x1c;

export interface RtcConnections {
  /** Steps done or skipped. */
  readonly now: () => bigint;
  readonly interrupt: (level: boolean) => void;
  /** `nextEvent` may give another answer now. */
  readonly deadlineChanged: () => void;
}

export class GoldfishRtc implements Device {
  readonly name = 'rtc';
  readonly base = RTC_BASE;
  readonly size = RTC_SIZE;
  readonly widths = [4];
  readonly #connections: RtcConnections;
  /** Nanoseconds since 1970 at step 0. */
  #offset = RTC_EPOCH_NANOSECONDS;
  /** What the last read of TIME_LOW left for TIME_HIGH. */
  #latchedHigh = 0n;
  #alarm = 0n;
  #armed = false;
  #enabled = false;
  #pending = false;

  constructor(connections: RtcConnections) {
    this.#connections = connections;
  }

  /** When the alarm goes off, in steps; undefined for never. */
  nextEvent(): bigint | undefined {
    if (!this.#armed) return undefined;
    const distance = this.#alarm - this.#time;
    const steps = (distance + NANOSECONDS_PER_STEP - 1n) / NANOSECONDS_PER_STEP;
    return this.#connections.now() + (steps > 0n ? steps : 0n);
  }

  /** Let the alarm go off if its time has come. */
  service(): void {
    if (!this.#armed || this.#time < this.#alarm) return;
    this.#armed = false;
    this.#pending = true;
    this.#drive();
  }

  read(offset: number): bigint {
    switch (offset) {
      case TIME_LOW: {
        const time = this.#time;
        this.#latchedHigh = time >> 32n;
        return BigInt.asUintN(32, time);
      }
      case TIME_HIGH:
        return this.#latchedHigh;
      case ALARM_LOW:
        return BigInt.asUintN(32, this.#alarm);
      case ALARM_HIGH:
        return this.#alarm >> 32n;
      case INTERRUPT_ENABLE:
        return this.#enabled ? 1n : 0n;
      case ALARM_STATUS:
        return this.#armed ? 1n : 0n;
      default:
        return 0n;
    }
  }

  write(offset: number, _width: number, value: bigint): void {
    switch (offset) {
      case TIME_LOW:
        this.#setTime(withLow(this.#time, value));
        break;
      case TIME_HIGH:
        this.#setTime(withHigh(this.#time, value));
        break;
      case ALARM_LOW:
        // The driver writes the high half first; the low one arms the alarm.
        this.#alarm = withLow(this.#alarm, value);
        this.#armed = true;
        this.service();
        break;
      case ALARM_HIGH:
        this.#alarm = withHigh(this.#alarm, value);
        break;
      case INTERRUPT_ENABLE:
        this.#enabled = (value & 1n) === 1n;
        this.#drive();
        break;
      case CLEAR_ALARM:
        this.#armed = false;
        break;
      case CLEAR_INTERRUPT:
        this.#pending = false;
        this.#drive();
        break;
    }
    this.#connections.deadlineChanged();
  }

  visit(state: StateVisitor): void {
    this.#offset = state.u64(this.#offset);
    this.#latchedHigh = state.u64(this.#latchedHigh);
    this.#alarm = state.u64(this.#alarm);
    this.#armed = state.u32(this.#armed ? 1 : 0) === 1;
    this.#enabled = state.u32(this.#enabled ? 1 : 0) === 1;
    this.#pending = state.u32(this.#pending ? 1 : 0) === 1;
  }

  get #time(): bigint {
    return BigInt.asUintN(64, this.#connections.now() * NANOSECONDS_PER_STEP + this.#offset);
  }

  #setTime(time: bigint): void {
    this.#offset = BigInt.asUintN(64, this.#offset + time - this.#time);
  }

  #drive(): void {
    this.#connections.interrupt(this.#pending && this.#enabled);
  }
}

function withLow(value: bigint, low: bigint): bigint {
  return ((value >> 32n) << 32n) | low;
}

function withHigh(value: bigint, high: bigint): bigint {
  return (high << 32n) | BigInt.asUintN(32, value);
}
