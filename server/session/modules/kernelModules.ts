/**
 * Follows Linux's modules: the machine stops where the kernel seals, starts and frees one, and goes on at once. A
 * module's read-only memory becomes seal regions before the kernel seals it; its sections get symbols from the user's
 * file before its first instruction runs.
 */
import { ExceptionTable } from '../../sealing/exceptionTable.ts';
import type { LoadedPart } from '../../sealing/addressSpace.ts';
import type { Permissions, SealRegion } from '../../sealing/region.ts';
import type { Regions } from '../../sealing/regions.ts';
import type { Rules } from '../../sealing/rules.ts';
import type { SealTracker } from '../../sealing/sealTracker.ts';
import {
  BUILD_ID,
  ElfError,
  EvaluationError,
  type Layer,
  type LayeredSymbols,
  type SymbolFile,
} from '../../symbols/index.ts';
import type { BreakpointTable } from '../breakpoints/breakpointTable.ts';
import { SessionError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import type { Guest } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { CodeBreakpoints } from '../run/codeBreakpoints.ts';
import type { Module } from './module.ts';
import type { ModuleFile, ModuleFiles } from './moduleFiles.ts';
import { StructModule, type ModuleMemory } from './structModule.ts';

export interface KernelModulesParts {
  readonly guest: Guest;
  readonly symbols: LayeredSymbols;
  readonly inspector: GuestInspector;
  readonly regions: Regions;
  readonly tracker: SealTracker;
  readonly rules: Rules;
  readonly code: CodeBreakpoints;
  readonly breakpoints: BreakpointTable;
  readonly files: ModuleFiles;
  readonly emit: (event: SessionEvent) => void;
  /** Whether a module's read-only memory is to be seal regions: not when the user says what is sealed. */
  readonly seals: boolean;
}

/** A module from the moment its memory is laid out. */
interface Loaded {
  readonly name: string;
  readonly memory: readonly ModuleMemory[];
  readonly regions: readonly SealRegion[];
  /** Once its sections are known. */
  placed?: Placed | undefined;
}

interface Placed {
  readonly module: Module;
  readonly layer: Layer;
  readonly part: LoadedPart;
  readonly table: ExceptionTable;
}

/** Functions whose first argument is the module, and what it means that one is called. */
const EVENTS = {
  module_enable_rodata_ro: 'sealing',
  module_enable_ro: 'sealing',
  do_init_module: 'starting',
  free_module: 'freeing',
} as const;
/** What `module_enable_rodata_ro` takes the write permission from. */
const SEALED: readonly ModuleMemory['kind'][] = ['rodata', 'ro_after_init'];
const A0 = 10;

/** Whether an image is a Linux kernel that loads modules. */
export function canLoadModules({ symbols }: SymbolFile): boolean {
  return symbols.addressOf('do_init_module') !== undefined;
}

export class KernelModules {
  readonly #parts: KernelModulesParts;
  readonly #struct: StructModule;
  readonly #events = new Map<bigint, (typeof EVENTS)[keyof typeof EVENTS]>();
  /** By address of their `struct module`. */
  readonly #loaded = new Map<bigint, Loaded>();
  #nextId = 1;
  #isReadable = true;

  constructor(parts: KernelModulesParts) {
    this.#parts = parts;
    this.#struct = new StructModule(parts.symbols, parts.inspector.memory);
    if (!parts.symbols.hasDebugInfo) return;
    for (const [name, event] of Object.entries(EVENTS)) {
      const address = parts.symbols.symbols.addressOf(name);
      if (address === undefined) continue;
      this.#events.set(address, event);
      parts.code.add(address);
    }
  }

  /** In the order in which they were loaded. */
  get list(): Module[] {
    return [...this.#loaded.values()].flatMap(({ placed }) => placed?.module ?? []);
  }

  /** A hart is about to execute `pc`. */
  async reached(hart: number, pc: bigint): Promise<void> {
    const event = this.#events.get(pc);
    if (event === undefined || !this.#isReadable) return;
    const address = this.#parts.guest.machine.harts[hart]!.register(A0);
    try {
      if (event === 'freeing') this.#free(address);
      else {
        const loaded = this.#loaded.get(address) ?? this.#load(hart, address);
        if (event === 'starting') await this.#start(hart, address, loaded);
      }
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      this.#isReadable = false;
      this.#log(`modules are not followed: ${error.message}`);
    }
  }

  #load(hart: number, address: bigint): Loaded {
    const { regions, tracker, seals } = this.#parts;
    const name = this.#struct.name(hart, address);
    const memory = this.#struct.memory(hart, address);
    const sealed = seals ? memory.filter(({ kind }) => SEALED.includes(kind)) : [];
    const own = sealed.map(({ kind, start, end }) =>
      regions.add({ name: `${name} ${kind}`, start, end }, 'preset', `Linux module ${name}`),
    );
    for (const region of own) tracker.add(region);
    const loaded: Loaded = { name, memory, regions: own };
    this.#loaded.set(address, loaded);
    return loaded;
  }

  async #start(hart: number, address: bigint, loaded: Loaded): Promise<void> {
    const { guest, symbols, rules, emit } = this.#parts;
    if (loaded.placed !== undefined) return;
    const addresses = this.#struct.sections(hart, address);
    const file = await this.#fileOf(hart, loaded.name, addresses);
    const ranges = loaded.memory.map(({ kind, start, end }) => ({
      start,
      end,
      permissions: permissionsOf(kind),
      executable: permissionsOf(kind).execute,
    }));
    const module: Module = {
      id: this.#nextId++,
      name: `${loaded.name}.ko`,
      path: file?.path ?? '',
      symbols: file === undefined ? 'none' : file.symbols.hasDebugInfo ? 'debug information' : 'symbol table',
      ranges,
    };
    const placed: Placed = {
      module,
      layer: { ranges, file: file?.symbols },
      part: { ranges, sections: file?.symbols.elf.sections ?? [] },
      table: ExceptionTable.of(file?.symbols),
    };
    loaded.placed = placed;
    symbols.add(placed.layer);
    guest.space.add(placed.part);
    rules.add(placed.table);
    emit({ type: 'module', step: guest.machine.step, reason: 'new', module });
    this.#refreshBreakpoints();
  }

  #free(address: bigint): void {
    const { guest, symbols, regions, tracker, rules, emit } = this.#parts;
    const loaded = this.#loaded.get(address);
    if (loaded === undefined) return;
    this.#loaded.delete(address);
    for (const region of loaded.regions) {
      tracker.remove(region);
      regions.remove(region);
    }
    const { placed } = loaded;
    if (placed === undefined) return;
    symbols.remove(placed.layer);
    guest.space.remove(placed.part);
    rules.remove(placed.table);
    emit({ type: 'module', step: guest.machine.step, reason: 'removed', module: placed.module });
    this.#refreshBreakpoints();
  }

  async #fileOf(
    hart: number,
    name: string,
    addresses: ReadonlyMap<string, bigint>,
  ): Promise<{ readonly path: string; readonly symbols: SymbolFile } | undefined> {
    try {
      const file = await this.#parts.files.of(name);
      if (file === undefined) return undefined;
      if (this.#isSameBuild(hart, file, addresses.get(BUILD_ID))) return linked(file, addresses);
      this.#log(
        `${file.path} is another build of ${name} than the one that the guest has loaded: it is not used`,
      );
    } catch (error) {
      if (!(error instanceof SessionError) && !(error instanceof ElfError)) throw error;
      this.#log(`module ${name}: ${error.message}`);
    }
    return undefined;
  }

  /** Without build ids nothing speaks against it. */
  #isSameBuild(hart: number, { object: { buildId } }: ModuleFile, address: bigint | undefined): boolean {
    if (buildId === undefined || address === undefined) return true;
    const { bytes } = this.#parts.inspector.memory.read(address, buildId.length, { hart });
    return bytes.length === buildId.length && bytes.every((byte, index) => byte === buildId[index]);
  }

  #refreshBreakpoints(): void {
    const { breakpoints, guest, emit } = this.#parts;
    for (const breakpoint of breakpoints.refresh())
      emit({ type: 'breakpoint', step: guest.machine.step, breakpoint });
  }

  #log(text: string): void {
    this.#parts.emit({ type: 'log', step: this.#parts.guest.machine.step, text });
  }
}

function linked(
  file: ModuleFile,
  addresses: ReadonlyMap<string, bigint>,
): { path: string; symbols: SymbolFile } {
  return { path: file.path, symbols: file.object.at(addresses) };
}

/** As the module's loader is asked for it: ro_after_init data is writable until the module has started. */
function permissionsOf(kind: ModuleMemory['kind']): Permissions {
  const execute = kind.endsWith('text');
  return { read: true, write: !execute && !kind.endsWith('rodata'), execute, user: false };
}
