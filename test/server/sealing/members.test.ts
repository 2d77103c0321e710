import { describe, expect, it } from 'vitest';
import { memberChanges, toLittleEndian } from '../../../server/sealing/members.ts';
import { sampleSymbols } from './sample.ts';

const symbols = sampleSymbols();

/** What a store of `value` at `offset` into an object that holds `before` says. */
function changes(name: string, before: Uint8Array, offset: number, size: number, value: bigint): string[] {
  const variable = symbols.globalsNamed(name)[0]!;
  const after = before.slice();
  after.set(toLittleEndian(value, size), offset);
  const found = memberChanges(variable.type, name, {
    offset,
    size,
    nameOf: (address) => symbols.symbols.nearest(address)?.symbol.name,
    read: (at, length) => ({ before: before.slice(at, at + length), after: after.slice(at, at + length) }),
  });
  return found.map(
    ({ path, oldText, newText, bits }) =>
      `${path}: ${oldText} → ${newText}${bits === undefined ? '' : ` (${bits} bits)`}`,
  );
}

describe('members that a store changes', () => {
  const symbol = symbols.symbols.find('cpu_caps')!;
  const initial = symbols.elf.read(symbol.address, symbol.size)!;
  const offsetOf = (path: string): number => {
    for (let offset = 0; offset < symbol.size; offset++)
      if (symbols.describeData(symbol.address + BigInt(offset))?.path === path) return offset;
    throw new Error(`no ${path}`);
  };

  it('names a scalar inside an array of structures', () => {
    const offset = offsetOf('cpu_caps.features[2].bits');
    expect(changes('cpu_caps', initial, offset, 4, 0x1dn)).toEqual(['cpu_caps.features[2].bits: 0 → 0x1d']);
  });

  it('shows a redundant store as what it is', () => {
    const offset = offsetOf('cpu_caps.features[2].bits');
    expect(changes('cpu_caps', initial, offset, 4, 0n)).toEqual(['cpu_caps.features[2].bits: 0 → 0']);
  });

  it('takes bit fields apart', () => {
    const byte = Array.from({ length: symbol.size }, (_, index) => index).find((offset) =>
      changes('cpu_caps', initial, offset, 1, BigInt(initial[offset]! ^ 0xff)).some((text) =>
        text.includes('bits)'),
      ),
    )!;
    const found = changes('cpu_caps', initial, byte, 1, BigInt(initial[byte]! ^ 0x01));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^cpu_caps\.[a-z_]+(\[\d\]\.[a-z_]+)?: .* → .* \(\d+ bits\)$/);
  });

  it('lists every member a wide store covers, if it changes them', () => {
    const offset = offsetOf('cpu_caps.features[1].bits') & ~7;
    const found = changes('cpu_caps', initial, offset, 8, 0xffffffffffffffffn);
    expect(found.length).toBeGreaterThan(1);
    expect(new Set(found.map((text) => text.split(':')[0])).size).toBe(found.length);
  });
});
