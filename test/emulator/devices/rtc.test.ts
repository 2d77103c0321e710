import { describe, expect, test } from 'vitest';
import { GoldfishRtc, RTC_EPOCH_NANOSECONDS } from '../../../emulator/devices/rtc.ts';
import { StateReader, StateWriter } from '../../../emulator/devices/state.ts';

const STEP = 10n;
const [LOW, HIGH, ALARM_LOW, ALARM_HIGH, ENABLE, CLEAR_ALARM, ALARM_STATUS, CLEAR_INTERRUPT] = [
  0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c,
];

function make(): { rtc: GoldfishRtc; clock: { now: bigint }; line: { up: boolean } } {
  const clock = { now: 0n };
  const line = { up: false };
  const rtc = new GoldfishRtc({
    now: () => clock.now,
    interrupt(level) {
      line.up = level;
    },
    deadlineChanged: () => undefined,
  });
  return { rtc, clock, line };
}

function time(rtc: GoldfishRtc): bigint {
  const low = rtc.read(LOW);
  return (rtc.read(HIGH) << 32n) | low;
}

function setAlarm(rtc: GoldfishRtc, at: bigint): void {
  rtc.write(ALARM_HIGH, 4, at >> 32n);
  rtc.write(ALARM_LOW, 4, BigInt.asUintN(32, at));
}

describe('the real-time clock', () => {
  test('counts nanoseconds by steps from a fixed day', () => {
    const { rtc, clock } = make();
    expect(new Date(Number(time(rtc) / 1_000_000n)).toISOString()).toBe('2026-01-01T00:00:00.000Z');
    clock.now = 12_345n;
    expect(time(rtc)).toBe(RTC_EPOCH_NANOSECONDS + 123_450n);
  });

  test('the high half is that of the moment at which the low one was read', () => {
    const { rtc, clock } = make();
    const first = rtc.read(LOW);
    clock.now += 1n << 40n;
    expect((rtc.read(HIGH) << 32n) | first).toBe(RTC_EPOCH_NANOSECONDS);
  });

  test('can be set', () => {
    const { rtc, clock } = make();
    rtc.write(HIGH, 4, 5n);
    rtc.write(LOW, 4, 7n);
    clock.now += 1n;
    expect(time(rtc)).toBe((5n << 32n) + 7n + STEP);
  });

  test('the alarm goes off at its nanosecond, once, and rings until it is cleared', () => {
    const { rtc, clock, line } = make();
    rtc.write(ENABLE, 4, 1n);
    setAlarm(rtc, RTC_EPOCH_NANOSECONDS + 95n);
    expect(rtc.nextEvent()).toBe(10n);
    expect(rtc.read(ALARM_STATUS)).toBe(1n);
    clock.now = 9n;
    rtc.service();
    expect(line.up).toBe(false);
    clock.now = 10n;
    rtc.service();
    expect([line.up, rtc.read(ALARM_STATUS), rtc.nextEvent()]).toEqual([true, 0n, undefined]);
    rtc.write(CLEAR_INTERRUPT, 4, 1n);
    rtc.service();
    expect(line.up).toBe(false);
  });

  test('an alarm in the past goes off at once, one that is cleared or not enabled does not', () => {
    const { rtc, clock, line } = make();
    setAlarm(rtc, 1n);
    expect(line.up, 'not enabled').toBe(false);
    rtc.write(ENABLE, 4, 1n);
    expect(line.up, 'enabled').toBe(true);
    rtc.write(CLEAR_INTERRUPT, 4, 1n);
    setAlarm(rtc, RTC_EPOCH_NANOSECONDS + 1000n);
    rtc.write(CLEAR_ALARM, 4, 1n);
    clock.now = 1000n;
    rtc.service();
    expect([line.up, rtc.nextEvent()]).toEqual([false, undefined]);
  });

  test('state survives a copy', () => {
    const { rtc } = make();
    rtc.write(HIGH, 4, 5n);
    rtc.write(LOW, 4, 7n);
    setAlarm(rtc, 6n << 32n);
    const writer = new StateWriter();
    rtc.visit(writer);
    const { rtc: copy } = make();
    copy.visit(new StateReader(writer.finish()));
    expect([time(copy), copy.nextEvent()]).toEqual([time(rtc), rtc.nextEvent()]);
    expect(copy.read(ALARM_HIGH)).toBe(6n);
  });
});
