/** Who may open a window, for how long, and whether other harts may reach it: from the launch configuration or a preset. */
import type { SymbolFile } from '../../symbols/index.ts';
import type { Moment } from '../sealEvent.ts';

export interface WindowSettings {
  /** Functions that may open windows, anywhere on the stack of the one who does. Without it, anybody may. */
  readonly allowWriters?: readonly string[] | undefined;
  /** Steps that a window may be open. */
  readonly maxSteps?: number | undefined;
  /** No other hart's page tables may permit the stores. */
  readonly privateOnly?: boolean | undefined;
}

/** What is known of a kernel's own windows. */
interface WindowPreset {
  /** Symbols that only this kernel has, all of them. */
  readonly symbols: readonly string[];
  readonly allowWriters: readonly string[];
  /** Functions that give sealed memory back: their W ends the seal, and opens no window. */
  readonly releases: readonly string[];
  /** Mapped read-only from the start, and opened by its own kernel only: a pair of symbols. */
  readonly text: readonly [start: string, end: string];
}

/** RISC-V Linux patches its text through the fixmap, which is another mapping of the frames. */
const LINUX: WindowPreset = {
  symbols: ['__start_rodata', 'swapper_pg_dir', 'init_task'],
  allowWriters: [
    'patch_text',
    'patch_text_nosync',
    'patch_text_set_nosync',
    'patch_insn_write',
    'patch_insn_set',
    '__patch_insn_write',
    '__patch_insn_set',
    'arch_jump_label_transform',
    'arch_jump_label_transform_queue',
    // A hart that starts or resumes goes through the trampoline's page table, which maps the text writable.
    '_start',
    'relocate_enable_mmu',
    'secondary_start_sbi',
    '__cpu_resume_enter',
  ],
  releases: [
    'vfree',
    'vm_reset_perms',
    'delayed_vfree_work',
    'free_initmem',
    'free_module',
    'free_mod_mem',
    'execmem_free',
  ],
  text: ['_stext', '_etext'],
};

export class WindowRules {
  readonly allowWriters: ReadonlySet<string> | undefined;
  readonly maxSteps: bigint | undefined;
  readonly privateOnly: boolean;
  /** Linked addresses that are sealed without being a region of their own. */
  readonly text: { readonly start: bigint; readonly end: bigint } | undefined;
  readonly #releases: ReadonlySet<string>;

  /** @param openers Functions that open windows by contract, such as init-once and free of write-once memory. */
  constructor(settings: WindowSettings, symbols: SymbolFile | undefined, openers: readonly string[] = []) {
    const addressOf = (name: string): bigint | undefined => symbols?.symbols.addressOf(name);
    const preset = LINUX.symbols.every((name) => addressOf(name) !== undefined) ? LINUX : undefined;
    const known = [...(preset?.allowWriters ?? []), ...openers];
    const allowed = settings.allowWriters ?? (known.length === 0 ? undefined : known);
    this.allowWriters = allowed && new Set(allowed);
    this.maxSteps = settings.maxSteps === undefined ? undefined : BigInt(settings.maxSteps);
    this.privateOnly = settings.privateOnly ?? false;
    this.#releases = new Set(preset?.releases);
    const [start, end] = (preset?.text ?? []).map(addressOf);
    this.text = start === undefined || end === undefined || end <= start ? undefined : { start, end };
  }

  /** The function on this stack that may open windows. */
  allowedBy({ stack }: Moment): string | undefined {
    return stack.find((place) => this.allowWriters?.has(place.function))?.function;
  }

  /** Whether it gives the memory back. */
  releases({ stack }: Moment): boolean {
    return stack.some((place) => this.#releases.has(place.function));
  }
}
