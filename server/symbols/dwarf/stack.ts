import type { Block, FunctionInfo, Variable } from '../code.ts';
import type {
  Backtrace,
  CpuState,
  FrameRegisters,
  Location,
  MemoryReader,
  StackFrame,
  UnwindOptions,
} from '../frames.ts';
import type { SourcePosition } from '../position.ts';
import type { Locator } from './locator.ts';
import type { DwarfScope } from './scopes.ts';
import { isActivation, type Activation, type Unwinder } from './unwinder.ts';

const DEFAULT_MAXIMUM = 256;

/** What a stack needs to know of code. */
export interface CodeLookup {
  scopesAt(address: bigint): DwarfScope[];
  positionAt(address: bigint): SourcePosition | undefined;
  /** Name of the nearest symbol, empty if there is none. */
  symbolAt(address: bigint): string;
}

/** Unwinds to the outermost frame, each real frame expanded into those that were inlined into it. */
export function backtrace(
  unwinder: Unwinder,
  locator: Locator,
  code: CodeLookup,
  cpu: CpuState,
  options: UnwindOptions,
): Backtrace {
  const maximum = options.maxFrames ?? DEFAULT_MAXIMUM;
  const frames: StackFrame[] = [];
  const seen = new Set<string>();
  let next: ReturnType<typeof unwinder.start> | Activation['caller'] = unwinder.start(cpu, options);
  while (isActivation(next)) {
    const { pc, cfa } = next;
    // A stack that leads back to a frame it came from is damaged.
    const identity = `${pc}:${cfa ?? next.registers.read(2) ?? ''}`;
    if (seen.has(identity)) return { frames, end: 'loop' };
    seen.add(identity);
    for (const frame of expand(next, locator, code, frames.length)) {
      if (frames.length >= maximum) return { frames, end: 'limit' };
      frames.push(frame);
    }
    next = next.caller;
  }
  return { frames, ...next };
}

function expand(activation: Activation, locator: Locator, code: CodeLookup, level: number): StackFrame[] {
  const address = activation.codeAddress;
  const scopes = code.scopesAt(address);
  if (scopes.length > 0) {
    return scopes.map(
      (scope, index) =>
        new DwarfFrame(level + index, activation, locator, scope, scope.function.name, scope.position),
    );
  }
  return [
    new DwarfFrame(level, activation, locator, undefined, code.symbolAt(address), code.positionAt(address)),
  ];
}

class DwarfFrame implements StackFrame {
  readonly #activation: Activation;
  readonly #locator: Locator;
  readonly #scope: DwarfScope | undefined;

  constructor(
    readonly level: number,
    activation: Activation,
    locator: Locator,
    scope: DwarfScope | undefined,
    readonly name: string,
    readonly position: SourcePosition | undefined,
  ) {
    this.#activation = activation;
    this.#locator = locator;
    this.#scope = scope;
  }

  get pc(): bigint {
    return this.#activation.pc;
  }

  get codeAddress(): bigint {
    return this.#activation.codeAddress;
  }

  get function(): FunctionInfo | undefined {
    return this.#scope?.function;
  }

  get inlined(): boolean {
    return this.#scope?.inlined ?? false;
  }

  get blocks(): readonly Block[] {
    return this.#scope?.blocks ?? [];
  }

  get registers(): FrameRegisters {
    return this.#activation.registers;
  }

  get memory(): MemoryReader {
    return this.#activation.memory;
  }

  get cfa(): bigint | undefined {
    return this.#activation.cfa;
  }

  get found(): StackFrame['found'] {
    return this.#activation.found;
  }

  locate(variable: Variable): Location {
    return this.#locator.locate(variable, this.#activation);
  }
}
