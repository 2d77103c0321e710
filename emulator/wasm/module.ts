import { ByteWriter } from './bytes.ts';
import { TYPE_BYTE, type ValueType } from './expression.ts';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

interface FunctionBody {
  readonly type: number;
  readonly locals: readonly ValueType[];
  readonly code: Uint8Array;
}

/** Collects the sections of a WebAssembly module (core spec §5.5) that imports one memory called env.memory. */
export class ModuleBuilder {
  readonly #types: Signature[] = [];
  readonly #imports: { module: string; name: string; type: number }[] = [];
  readonly #bodies: FunctionBody[] = [];
  readonly #exports: { name: string; index: number }[] = [];

  /** Index of a function type, added when it is new. */
  type(signature: Signature): number {
    const key = JSON.stringify(signature);
    const known = this.#types.findIndex((type) => JSON.stringify(type) === key);
    return known >= 0 ? known : this.#types.push(signature) - 1;
  }

  /** Imports come before every function of the module's own: their indices must be known first. */
  importFunction(module: string, name: string, signature: Signature): number {
    if (this.#bodies.length > 0) throw new Error(`import ${module}.${name} after the first function`);
    return this.#imports.push({ module, name, type: this.type(signature) }) - 1;
  }

  /** Adds a function; `code` is its body without the final `end`. */
  function(signature: Signature, locals: readonly ValueType[], code: Uint8Array): number {
    this.#bodies.push({ type: this.type(signature), locals, code: code.slice() });
    return this.#imports.length + this.#bodies.length - 1;
  }

  export(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  /** @param memoryPages initial and maximum size in 64 KiB pages of the memory that the host must import */
  build(memoryPages: { initial: number; maximum: number }): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter();
    out.raw(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00));
    section(out, 1, this.#types, (w, type) => {
      w.byte(0x60);
      types(w, type.parameters);
      types(w, type.results);
    });
    section(out, 2, [null, ...this.#imports], (w, entry) => {
      w.name(entry?.module ?? 'env');
      w.name(entry?.name ?? 'memory');
      w.byte(entry ? 0x00 : 0x02);
      if (entry) w.u32(entry.type);
      else {
        w.byte(0x01);
        w.u32(memoryPages.initial);
        w.u32(memoryPages.maximum);
      }
    });
    section(out, 3, this.#bodies, (w, body) => w.u32(body.type));
    section(out, 7, this.#exports, (w, entry) => {
      w.name(entry.name);
      w.byte(0x00);
      w.u32(entry.index);
    });
    section(out, 10, this.#bodies, (w, body) => {
      const inner = new ByteWriter();
      inner.u32(body.locals.length);
      for (const local of body.locals) {
        inner.u32(1);
        inner.byte(TYPE_BYTE[local]);
      }
      inner.raw(body.code);
      inner.byte(0x0b);
      w.u32(inner.length);
      w.raw(inner.view());
    });
    return new Uint8Array(out.view());
  }
}

function types(writer: ByteWriter, list: readonly ValueType[]): void {
  writer.u32(list.length);
  for (const type of list) writer.byte(TYPE_BYTE[type]);
}

function section<T>(
  out: ByteWriter,
  id: number,
  entries: readonly T[],
  write: (w: ByteWriter, entry: T) => void,
): void {
  const inner = new ByteWriter();
  inner.u32(entries.length);
  for (const entry of entries) write(inner, entry);
  out.byte(id);
  out.u32(inner.length);
  out.raw(inner.view());
}
