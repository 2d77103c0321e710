/**
 * Reads Linux's `struct module` out of the guest, by the kernel's own debug information: C expressions in place of
 * offsets, which differ from one configuration to the next. For kernels since 6.4, which have `mem[]`.
 */
import { evaluate, EvaluationError, type SymbolFile, type Type } from '../../symbols/index.ts';
import { pureContext } from '../inspect/pureContext.ts';
import type { GuestMemory } from '../inspect/memory.ts';

/** Pieces of a module's memory, in the order of `enum mod_mem_type`. */
const KINDS = ['text', 'data', 'rodata', 'ro_after_init', 'init text', 'init data', 'init rodata'] as const;

export interface ModuleMemory {
  readonly kind: (typeof KINDS)[number];
  readonly start: bigint;
  readonly end: bigint;
}

const MAX_NAME = 64;
const MAX_SECTIONS = 4096;

export class StructModule {
  readonly #symbols: SymbolFile;
  readonly #memory: GuestMemory;
  #type: Type | undefined;

  constructor(symbols: SymbolFile, memory: GuestMemory) {
    this.#symbols = symbols;
    this.#memory = memory;
  }

  /** @throws EvaluationError when the debug information has no such structure. */
  name(hart: number, module: bigint): string {
    return this.#string(hart, this.#number(hart, module, '(unsigned long)&$module->name[0]'));
  }

  /** Pieces that have memory. */
  memory(hart: number, module: bigint): ModuleMemory[] {
    return KINDS.flatMap((kind, index) => {
      const start = this.#number(hart, module, `(unsigned long)$module->mem[${index}].base`);
      const size = this.#number(hart, module, `$module->mem[${index}].size`);
      return start === 0n || size === 0n ? [] : [{ kind, start, end: start + size }];
    });
  }

  /** Where the sections lie, by name; empty before the kernel has listed them in sysfs. */
  sections(hart: number, module: bigint): Map<string, bigint> {
    const found = new Map<string, bigint>();
    if (this.#number(hart, module, '(unsigned long)$module->sect_attrs') === 0n) return found;
    for (let index = 0; index < MAX_SECTIONS; index++) {
      const attribute = `$module->sect_attrs->grp.bin_attrs[${index}]`;
      if (this.#number(hart, module, `(unsigned long)${attribute}`) === 0n) break;
      const name = this.#string(hart, this.#number(hart, module, `(unsigned long)${attribute}->attr.name`));
      found.set(name, this.#sectionAddress(hart, module, index));
    }
    return found;
  }

  /** Until 6.13 beside the attribute, then in it. */
  #sectionAddress(hart: number, module: bigint, index: number): bigint {
    try {
      return this.#number(hart, module, `$module->sect_attrs->attrs[${index}].address`);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      return this.#number(
        hart,
        module,
        `(unsigned long)$module->sect_attrs->grp.bin_attrs[${index}]->private`,
      );
    }
  }

  #number(hart: number, module: bigint, text: string): bigint {
    const type = (this.#type ??= this.#pointerType());
    const context = pureContext({
      symbols: this.#symbols,
      memory: this.#memory.through(hart),
      register: (name) => (name === 'module' ? { value: module, size: 8, type } : undefined),
    });
    return BigInt.asUintN(64, evaluate(text, context).toBigInt());
  }

  /** `struct module *`, as the kernel's own function takes it: found without a search of the whole program. */
  #pointerType(): Type {
    const type = this.#symbols.functionsNamed('do_init_module')[0]?.type.parameters[0]?.type;
    if (type === undefined)
      throw new EvaluationError('the kernel has no debug information about its modules');
    return type;
  }

  #string(hart: number, address: bigint): string {
    const { bytes } = this.#memory.read(address, MAX_NAME, { hart });
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }
}
