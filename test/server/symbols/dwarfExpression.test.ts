import { describe, expect, it } from 'vitest';
import { DwarfError } from '../../../server/symbols/index.ts';
import {
  evaluateLocation,
  evaluateNumber,
  type ExpressionContext,
} from '../../../server/symbols/dwarf/expression.ts';

/** A frame whose register n holds 0x1000 * n, at a stack of which byte n is n. */
const context: ExpressionContext = {
  register: (number) => 0x1000n * BigInt(number),
  memory: (address, length) =>
    Uint8Array.from({ length }, (_, index) => Number((address + BigInt(index)) & 0xffn)),
  frameBase: () => 0x8000n,
  cfa: () => 0x9000n,
  entryValue: (expression) => 0x100n + BigInt(expression[0]!),
  parameterValue: (position) => BigInt(position),
  expressionOf: (position) => Uint8Array.of(0x30 + (position & 15), 0x22),
  implicitPointer: (position, offset) => ({
    kind: 'optimised-out',
    reason: `implicit ${position} ${offset}`,
  }),
};

const number = (...bytes: number[]): bigint =>
  evaluateNumber(Uint8Array.from(bytes), '.debug_info', undefined, context);
const minusOne = 0xffffffffffffffffn;

describe('a DWARF expression', () => {
  // Operations as the DWARF 5 standard defines them in 2.5 and encodes them in 7.7.
  it.each<[string, number[], bigint]>([
    ['literals', [0x31], 1n],
    ['const1u', [0x08, 0xff], 0xffn],
    ['const1s', [0x09, 0xff], minusOne],
    ['const2s', [0x0b, 0xfe, 0xff], minusOne - 1n],
    ['const4u', [0x0c, 0xff, 0xff, 0xff, 0xff], 0xffffffffn],
    ['const4s', [0x0d, 0xff, 0xff, 0xff, 0xff], minusOne],
    ['const8u', [0x0e, 1, 2, 3, 4, 5, 6, 7, 8], 0x0807060504030201n],
    ['constu', [0x10, 0xe5, 0x8e, 0x26], 624485n],
    ['consts', [0x11, 0x9b, 0xf1, 0x59], minusOne - 624484n],
    ['addr', [0x03, 1, 0, 0, 0x80, 0, 0, 0, 0], 0x80000001n],
    ['breg', [0x72, 0x10], 0x2010n],
    ['breg, negative', [0x72, 0x78], 0x1ff8n],
    ['bregx', [0x92, 33, 4], 0x21004n],
    ['fbreg', [0x91, 0x78], 0x7ff8n],
    ['call_frame_cfa', [0x9c], 0x9000n],
    ['entry_value', [0xa3, 1, 0x5a], 0x15an],
    ['GNU_entry_value', [0xf3, 1, 0x5a], 0x15an],
    ['dup, plus', [0x35, 0x12, 0x22], 10n],
    ['drop', [0x35, 0x36, 0x13], 5n],
    ['over, minus', [0x39, 0x35, 0x14, 0x1c], minusOne - 3n],
    ['pick', [0x31, 0x32, 0x33, 0x15, 2], 1n],
    ['swap, minus', [0x35, 0x39, 0x16, 0x1c], 4n],
    ['rot', [0x31, 0x32, 0x33, 0x17], 2n],
    ['rot, drop, drop', [0x31, 0x32, 0x33, 0x17, 0x13, 0x13], 3n],
    ['deref', [0x08, 0x10, 0x06], 0x1716151413121110n],
    ['deref_size', [0x08, 0x10, 0x94, 2], 0x1110n],
    ['abs', [0x09, 0xfb, 0x19], 5n],
    ['neg', [0x35, 0x1f], minusOne - 4n],
    ['not', [0x30, 0x20], minusOne],
    ['and, or, xor', [0x3c, 0x3a, 0x1a, 0x31, 0x21, 0x33, 0x27], 10n],
    ['div is signed', [0x09, 0xf8, 0x32, 0x1b], minusOne - 3n],
    ['mod is unsigned', [0x09, 0xff, 0x3a, 0x1d], 5n],
    ['mul', [0x37, 0x36, 0x1e], 42n],
    ['plus_uconst', [0x31, 0x23, 0x80, 1], 129n],
    ['shl', [0x31, 0x34, 0x24], 16n],
    ['shl by all', [0x31, 0x08, 64, 0x24], 0n],
    ['shr', [0x09, 0xff, 0x08, 60, 0x25], 15n],
    ['shra', [0x09, 0xf0, 0x32, 0x26], minusOne - 3n],
    ['lt is signed', [0x09, 0xff, 0x30, 0x2d], 1n],
    ['ge', [0x09, 0xff, 0x30, 0x2a], 0n],
    ['eq, ne', [0x31, 0x31, 0x29, 0x30, 0x2e], 1n],
    ['bra taken', [0x35, 0x31, 0x28, 1, 0, 0x39], 5n],
    ['bra not taken', [0x35, 0x30, 0x28, 1, 0, 0x39], 9n],
    ['skip', [0x35, 0x2f, 1, 0, 0x39], 5n],
    ['a loop that counts down', [0x35, 0x31, 0x1c, 0x12, 0x28, 0xfa, 0xff], 0n],
    ['nop', [0x96, 0x34], 4n],
    ['stack_value', [0x34, 0x9f], 4n],
    ['a register', [0x55], 0x5000n],
    ['regx', [0x90, 40], 0x28000n],
    ['implicit_value', [0x9e, 2, 0x34, 0x12], 0x1234n],
  ])('%s', (_, bytes, expected) => {
    expect(number(...bytes)).toBe(expected);
  });

  it('describes places', () => {
    const at = (...bytes: number[]): unknown =>
      evaluateLocation(Uint8Array.from(bytes), '.debug_loc', undefined, context);
    expect(at(0x5a)).toEqual({ kind: 'register', register: 10 });
    expect(at(0x72, 8)).toEqual({ kind: 'memory', address: 0x2008n });
    expect(at(0x35, 0x9f)).toEqual({ kind: 'value', bytes: Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0) });
    expect(at()).toMatchObject({ kind: 'optimised-out' });
    expect(at(0x5a, 0x93, 4, 0x93, 4, 0x31, 0x9f, 0x93, 8)).toMatchObject({
      kind: 'pieces',
      pieces: [
        { bits: 32, shift: 0, location: { kind: 'register', register: 10 } },
        { bits: 32, location: { kind: 'optimised-out' } },
        { bits: 64, location: { kind: 'value' } },
      ],
    });
    expect(at(0x5a, 0x9d, 3, 5)).toMatchObject({ kind: 'pieces', pieces: [{ bits: 3, shift: 5 }] });
    expect(at(0x9b)).toEqual({ kind: 'optimised-out', reason: 'thread-local storage' });
  });

  it.each<[string, number[]]>([
    ['an unknown operation', [0x01]],
    ['an operand that is missing', [0x08]],
    ['an empty stack', [0x22]],
    ['a division by zero', [0x31, 0x30, 0x1b]],
    ['a branch outside', [0x2f, 0xff, 0x7f]],
    ['a loop without end', [0x2f, 0xfd, 0xff]],
    ['a stack without bound', [0x31, 0x12, 0x2f, 0xfc, 0xff]],
    ['a load of nine bytes', [0x31, 0x94, 9]],
    ['a unit where there is none', [0xa1, 0]],
  ])('with %s is a typed error', (_, bytes) => {
    expect(() => number(...bytes)).toThrow(DwarfError);
  });
});
