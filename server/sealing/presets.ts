/** Kernels that are recognised by their symbols or sections, and what each of them seals. DOMAIN.md §2. */
import type { SymbolFile } from '../symbols/index.ts';
import { trySeal, type NamedRange } from './spec.ts';

interface PresetRegion {
  readonly name: string;
  /** Seal specifications; the first that the image satisfies counts. */
  readonly specs: readonly string[];
  readonly parts?: readonly { readonly name: string; readonly specs: readonly string[] }[];
}

interface Preset {
  readonly name: string;
  /** Symbols that only this kernel has, all of them: for one that is known without a region to know it by. */
  readonly symbols?: readonly string[];
  readonly regions: readonly PresetRegion[];
}

/** In order; the first whose symbols the image has, or of which any region exists, wins. docs/presets.md. */
const PRESETS: readonly Preset[] = [
  {
    // mark_rodata_ro() of RISC-V Linux seals [__start_rodata, _data); ro_after_init data lies inside .rodata.
    name: 'Linux',
    regions: [
      {
        name: 'rodata',
        specs: ['__start_rodata.._data'],
        parts: [{ name: 'ro_after_init', specs: ['__start_ro_after_init..__end_ro_after_init'] }],
      },
    ],
  },
  {
    name: 'Xen',
    regions: [
      { name: 'ro_after_init', specs: ['__ro_after_init_start..__ro_after_init_end', '.data.ro_after_init'] },
    ],
  },
  {
    name: 'SerenityOS',
    regions: [
      { name: 'ro_after_init', specs: ['start_of_ro_after_init..end_of_ro_after_init', '.ro_after_init'] },
      {
        name: 'unmap_after_init',
        specs: ['start_of_unmap_after_init..end_of_unmap_after_init', '.unmap_after_init'],
      },
    ],
  },
  {
    name: 'Coconut-SVSM',
    regions: [{ name: 'ro_after_init', specs: ['ro_after_init_start..ro_after_init_end'] }],
  },
  // Everything behind etext stays writable: nothing is sealed, and its `.rodata` is no promise either.
  { name: 'xv6', symbols: ['etext', 'kernelvec', 'usertrap', 'kvmmake'], regions: [] },
  {
    name: 'sections',
    regions: [
      { name: 'ro_after_init', specs: ['.data..ro_after_init'] },
      { name: 'read_only', specs: ['.data..read_only'] },
      { name: 'rodata', specs: ['.rodata'] },
    ],
  },
];

export interface PresetRange extends NamedRange {
  readonly preset: string;
  readonly parts: readonly NamedRange[];
}

/** The regions of the first preset that fits; empty when none does. */
export function presetRegions(symbols: SymbolFile): PresetRange[] {
  for (const preset of PRESETS) {
    const found = preset.regions.flatMap((region) => {
      const range = firstOf(region, symbols);
      if (range === undefined) return [];
      const parts = (region.parts ?? []).flatMap((part) => firstOf(part, symbols) ?? []);
      return [{ ...range, preset: preset.name, parts }];
    });
    const isKnown = preset.symbols?.every((name) => symbols.symbols.addressOf(name) !== undefined) === true;
    if (found.length > 0 || isKnown) return found;
  }
  return [];
}

function firstOf(
  wanted: { readonly name: string; readonly specs: readonly string[] },
  symbols: SymbolFile,
): NamedRange | undefined {
  for (const spec of wanted.specs) {
    const range = trySeal(spec, symbols)?.[0];
    if (range !== undefined) return { ...range, name: wanted.name };
  }
  return undefined;
}
