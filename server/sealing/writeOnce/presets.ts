/** Write-once memory that is recognised by its functions. */
import type { SymbolFile } from '../../symbols/index.ts';
import type { FunctionsSpec } from './specification.ts';

const PRESETS: readonly FunctionsSpec[] = [
  {
    // The interface of January 2018, as samples/write-once-slab has it.
    name: 'kmem_cache',
    alloc: { function: 'kmem_cache_alloc', object: 'return', size: 'cache->size', cache: 'cache->name' },
    initOnce: { function: 'kmem_cache_init_once', object: 'object', callback: 'init' },
    free: { function: 'kmem_cache_free', object: 'object' },
    makeWritable: ['kmem_cache_make_writable'],
    closedIn: ['handle_exception'],
  },
];

/** Those whose functions the image has, all three. */
export function presetWriteOnce(symbols: SymbolFile): FunctionsSpec[] {
  if (!symbols.hasDebugInfo) return [];
  return PRESETS.filter((spec) =>
    [spec.alloc, spec.initOnce, spec.free].every(
      (hook) => symbols.symbols.addressOf(hook.function) !== undefined,
    ),
  );
}
