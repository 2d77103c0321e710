import { describe, expect, it } from 'vitest';
import { WriterLog, type StoreRecord } from '../../../server/sealing/writers.ts';

const BASE = 0x8080_0000n;
const store = (step: number, offset: number, size: number): StoreRecord => ({
  step: BigInt(step),
  hart: 0,
  pc: 0x1000n + BigInt(step),
  address: BASE + BigInt(offset),
  physical: BASE + BigInt(offset),
  size,
  oldValue: 0n,
  newValue: BigInt(step),
});

/** Stores [step, offset, size], then a question [offset, size] and [first, latest, count]. */
function check(
  stores: [number, number, number][],
  question: [number, number],
  answer: [number?, number?, number?],
): void {
  const log = new WriterLog();
  for (const each of stores) log.note(store(...each));
  const { first, latest, count } = log.lookUp(BASE + BigInt(question[0]), question[1]);
  const step = (record: StoreRecord | undefined) => (record === undefined ? undefined : Number(record.step));
  expect([step(first), step(latest), count]).toEqual([answer[0], answer[1], answer[2] ?? 0]);
}

describe('writers before the seal', () => {
  it('none', () => check([], [0, 8], []));
  it('one', () => check([[5, 0, 8]], [0, 8], [5, 5, 1]));
  it('first and latest', () =>
    check(
      [
        [5, 0, 8],
        [6, 0, 8],
        [9, 0, 8],
      ],
      [0, 8],
      [5, 9, 3],
    ));
  it('byte by byte within a doubleword', () => {
    const stores: [number, number, number][] = [
      [1, 0, 8],
      [2, 0, 1],
      [3, 7, 1],
    ];
    check(stores, [0, 1], [1, 2, 2]);
    check(stores, [3, 2], [1, 1, 1]);
    check(stores, [7, 1], [1, 3, 2]);
    check(stores, [0, 8], [1, 3, 2]);
  });
  it('over a page border', () => check([[4, 4092, 8]], [4096, 4], [4, 4, 1]));
  it('unrelated bytes are not it', () => check([[4, 0, 8]], [8, 8], []));

  it('stays small when one variable is written for ever', () => {
    const log = new WriterLog();
    for (let step = 1; step <= 600_000; step++) log.note(store(step, 16, 4));
    const { first, latest, count, complete } = log.lookUp(BASE + 16n, 4);
    expect([first?.step, latest?.step, count, complete]).toEqual([1n, 600_000n, 600_000, true]);
  });

  it('says when it could not keep everything', () => {
    const log = new WriterLog();
    for (let page = 0; page < 2100; page++) log.note(store(page, page * 4096, 1));
    expect(log.lookUp(BASE, 1)).toMatchObject({ count: 1, complete: false });
    expect(log.lookUp(BASE + 2099n * 4096n, 1).first).toBeUndefined();
  });
});
