import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ExceptionTable } from '../../../server/sealing/exceptionTable.ts';
import { Rules } from '../../../server/sealing/rules.ts';
import { SAMPLE, sampleSymbols } from './sample.ts';

/** The stores of copy_to_kernel_nofault as objdump shows them. */
function storesOf(name: string): bigint[] {
  const listing = execFileSync('riscv64-linux-gnu-objdump', ['-d', `--disassemble=${name}`, SAMPLE], {
    encoding: 'utf8',
  });
  return [...listing.matchAll(/^(ffffffff[0-9a-f]+):\t[0-9a-f ]+\t(sd|sb)\t/gm)].map((match) =>
    BigInt(`0x${match[1]!}`),
  );
}

describe('the exception table', () => {
  const symbols = sampleSymbols();
  const table = ExceptionTable.of(symbols);

  it('lists the probing stores and no others', () => {
    const probes = storesOf('copy_to_kernel_nofault').filter((pc) => table.fixupOf(pc) !== undefined);
    expect(probes).toHaveLength(2);
    expect(table.size).toBe(3);
    for (const pc of probes)
      expect(symbols.functionAt(table.fixupOf(pc)!)?.name).toBe('copy_to_kernel_nofault');
    for (const pc of storesOf('register_syscore_ops')) expect(table.fixupOf(pc)).toBeUndefined();
  });

  it('decides what is passed to the guest without a word', () => {
    const probe = storesOf('copy_to_kernel_nofault').find((pc) => table.fixupOf(pc) !== undefined)!;
    const place = (name: string) => ({ pc: 0n, function: name, offset: 0, size: 0, inlined: false });
    const rules = new Rules(table, { reportProbes: false, allowWriters: ['patch_text'] });
    expect(rules.ignores(probe, [place('copy_to_kernel_nofault')])).toBe('exception-table probe');
    expect(rules.ignores(0n, [place('inner'), place('patch_text')])).toBe('allowed writer patch_text');
    expect(rules.ignores(0n, [place('other')])).toBeUndefined();
    const all = new Rules(table, { reportProbes: true, allowWriters: [] });
    expect(all.ignores(probe, [place('copy_to_kernel_nofault')])).toBeUndefined();
  });

  it('is empty without symbols', () => expect(ExceptionTable.of(undefined).size).toBe(0));
});
