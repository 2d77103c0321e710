/** From a pc to a place in the source, through whatever the guest's paging state is. */
import type { CodePlace } from '../../sealing/codePlace.ts';
import type { CodeScope, SourcePosition, StackFrame } from '../../symbols/index.ts';
import type { Guest } from '../guest.ts';

export class Places {
  readonly #guest: Guest;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** The innermost place at a pc. */
  at(pc: bigint): CodePlace {
    return this.chainAt(pc)[0]!;
  }

  /** The inlined chain at a pc, innermost first; never empty. */
  chainAt(pc: bigint): CodePlace[] {
    const { symbols, space } = this.#guest;
    const linked = space.linkedOf(pc);
    const scopes = symbols?.scopesAt(linked) ?? [];
    if (scopes.length > 0) return scopes.map((scope) => this.#ofScope(pc, linked, scope));
    return [this.#place(pc, linked, undefined, symbols?.positionAt(linked), false)];
  }

  /** Place of an unwound frame: its own pc, and the source position of the call it is in. */
  ofFrame(frame: StackFrame, pc: bigint = frame.pc): CodePlace {
    const name = frame.inlined ? frame.name : undefined;
    return this.#place(
      pc,
      this.#guest.space.linkedOf(frame.codeAddress),
      name,
      frame.position,
      frame.inlined,
    );
  }

  #ofScope(pc: bigint, linked: bigint, scope: CodeScope): CodePlace {
    return this.#place(
      pc,
      linked,
      scope.inlined ? scope.function.name : undefined,
      scope.position,
      scope.inlined,
    );
  }

  /** @param name Of an inlined function, which has no symbol of its own. */
  #place(
    pc: bigint,
    linked: bigint,
    name: string | undefined,
    position: SourcePosition | undefined,
    inlined: boolean,
  ): CodePlace {
    const { symbols, sources } = this.#guest;
    const file = position && sources.toHost(position.path);
    const source = { file, line: position?.line, inlined };
    if (name !== undefined) return { pc, function: name, offset: 0, size: 0, ...source };
    // A return address is looked up one byte earlier, inside the call, but shown as it is.
    const beyond = Number(this.#guest.space.linkedOf(pc) - linked);
    const near = symbols?.symbols.nearest(linked, ['function', 'none']);
    const known = symbols?.functionAt(linked);
    if (known?.entry !== undefined) {
      const offset = Number(linked - known.entry) + beyond;
      const size = known.ranges.find((range) => range.start === known.entry);
      return { pc, function: known.name, offset, size: size ? Number(size.end - size.start) : 0, ...source };
    }
    if (near === undefined) return { pc, function: '', offset: 0, size: 0, ...source };
    const offset = Number(near.offset) + beyond;
    return { pc, function: near.symbol.name, offset, size: near.symbol.size, ...source };
  }
}
