import { describe, expect, it } from 'vitest';
import {
  children,
  evaluate,
  EvaluationError,
  formatValue,
  type EvaluationContext,
  type StackFrame,
} from '../../../server/symbols/index.ts';
import { buildFile } from './fixtures.ts';

describe.each(['-gdwarf-5', '-gdwarf-4'])('variables that were taken apart, %s', (version) => {
  const { file, problems } = buildFile('optimised.c', ['-O2', version]);
  const outer = file.symbols.find('outer')!;

  /** Every frame at every instruction of `outer`, in a machine whose register n holds 100 + n. */
  function* frames(): Generator<{
    frame: StackFrame;
    context: EvaluationContext;
    written: Map<number, bigint>;
  }> {
    for (let offset = 0n; offset < BigInt(outer.size); offset += 2n) {
      const written = new Map<number, bigint>();
      const registers = { read: (register: number) => written.get(register) ?? 100n + BigInt(register) };
      const memory = {
        read: (address: bigint, length: number) => file.elf.read(address, length),
        write: () => undefined,
      };
      for (const frame of file.unwind({ pc: outer.address + offset, registers, memory }).frames) {
        const writeRegister = (register: number, value: bigint): void => void written.set(register, value);
        yield { frame, context: { symbols: file, memory, frame, writeRegister }, written };
      }
    }
  }

  it('show a pointer that does not exist, and what it would point to', () => {
    let seen = 0;
    for (const { frame, context } of frames()) {
      if (frame.name !== 'peek') continue;
      const pointer = evaluate('p', context);
      if (pointer.place.kind !== 'implicit-pointer') continue;
      seen++;
      expect(formatValue(pointer)).toBe('<optimised out, was &local>');
      expect(children(pointer).map(({ evaluateName }) => evaluateName)).toEqual(['p->a', 'p->b']);
      expect(evaluate('p->a', context).toBigInt()).toBe(evaluate('(*p).a', context).toBigInt());
      expect(formatValue(evaluate('factor', context))).toBe('7');
      expect(() => evaluate('p + 1', context)).toThrow(EvaluationError);
    }
    expect(seen).toBeGreaterThan(0);
  });

  it('are put together, and written to, member by member', () => {
    let written_ = 0;
    for (const { frame, context, written } of frames()) {
      if (frame.name !== 'outer') continue;
      const local = evaluate('local', context);
      if (local.place.kind !== 'pieces') continue;
      const [a, b] = [evaluate('local.a', context), evaluate('local.b', context)];
      expect(formatValue(local)).toBe(`{a = ${a.toBigInt()}, b = ${b.toBigInt()}}`);
      // One half is computed: there is no place to write it to.
      expect(() => evaluate('local.b = 1', context)).toThrow(EvaluationError);
      if (a.place.kind !== 'register') continue;
      evaluate('local.a = -2', context);
      expect([...written]).toEqual([[a.place.register, (1n << 64n) - 2n]]);
      expect(evaluate('local.a', context).toBigInt()).toBe(-2n);
      written_++;
    }
    expect(written_).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  it('name registers, and write them', () => {
    const [first] = frames();
    const { context, written } = first!;
    expect(evaluate('$a0', context).toBigInt()).toBe(110n);
    expect(evaluate('$x10 + 1', context).toBigInt()).toBe(111n);
    expect(evaluate('$pc == outer', context).toBigInt()).toBe(1n);
    expect(evaluate('(int)$sp', context).toBigInt()).toBe(102n);
    evaluate('$a0 = 0x123456789', context);
    expect(written.get(10)).toBe(0x123456789n);
    expect(() => evaluate('$pc = 1', context)).toThrow(EvaluationError);
    expect(() => evaluate('$nosuch', context)).toThrow(/no register/);
  });
});
