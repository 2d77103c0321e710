/** The two WebAssembly modules, instantiated over one memory. */
import { coreWasm, interpreterWasm } from '../build/wasm.ts';
import type { CoreExports, CoreImports } from '../core-interface.ts';
import { EngineMemory } from './memory.ts';

/** What the modules ask of TypeScript; harts are addresses of their blocks here. */
export interface EngineHost extends CoreImports {
  /** Decode the instruction that this slot of a code page stands for. */
  decode(slot: number): void;
  /** 1 = stop before the instruction at HART.PC. */
  breakpoint(hart: number): number;
}

export interface Engine {
  readonly memory: EngineMemory;
  readonly core: CoreExports;
  /** Run a hart (address of its block) for at most `budget` steps. */
  run(hart: number, budget: number): void;
}

let compiled: Promise<{ core: WebAssembly.Module; interpreter: WebAssembly.Module }> | undefined;

/** Throws ConfigurationError when memory cannot be had. */
export async function startEngine(ramBytes: number, host: EngineHost): Promise<Engine> {
  const memory = new EngineMemory(ramBytes);
  compiled ??= compileModules();
  const modules = await compiled;
  const imports = { ...bind(host) };
  const core = await WebAssembly.instantiate(modules.core, { env: { memory: memory.wasm }, host: imports });
  const interpreter = await WebAssembly.instantiate(modules.interpreter, {
    env: { memory: memory.wasm },
    core: core.exports,
    host: imports,
  });
  return {
    memory,
    core: core.exports as unknown as CoreExports,
    run: interpreter.exports['run'] as Engine['run'],
  };
}

async function compileModules(): Promise<{ core: WebAssembly.Module; interpreter: WebAssembly.Module }> {
  const [core, interpreter] = await Promise.all([coreWasm, interpreterWasm].map(compile));
  return { core: core!, interpreter: interpreter! };
}

function compile(base64: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}

/** The host's methods as functions that keep their `this`. */
function bind(host: EngineHost): Record<keyof EngineHost, (...values: never[]) => unknown> {
  return {
    isDevice: host.isDevice.bind(host),
    mmioRead: host.mmioRead.bind(host),
    mmioWrite: host.mmioWrite.bind(host),
    trap: host.trap.bind(host),
    watch: host.watch.bind(host),
    pageTableStore: host.pageTableStore.bind(host),
    satpWritten: host.satpWritten.bind(host),
    tlbFlushed: host.tlbFlushed.bind(host),
    pmpWritten: host.pmpWritten.bind(host),
    decodeWord: host.decodeWord.bind(host),
    decode: host.decode.bind(host),
    breakpoint: host.breakpoint.bind(host),
  };
}
