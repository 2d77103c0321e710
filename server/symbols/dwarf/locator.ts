import type { Variable } from '../code.ts';
import type { Location } from '../frames.ts';
import { registerName } from '../registers.ts';
import { strip } from '../typeModel.ts';
import { encodeText } from '../text.ts';
import { At, Tag } from './constants.ts';
import { evaluateLocation, evaluateNumber, Unavailable, type ExpressionContext } from './expression.ts';
import type { DwarfFunction, Functions } from './functions.ts';
import { expressionAt } from './locationLists.ts';
import { holderOf, originChain } from './origins.ts';
import type { Die, Unit } from './unit.ts';
import { isActivation, type Activation } from './unwinder.ts';
import { DwarfVariable, type Variables } from './variables.ts';

/** Callers that an entry value may lead through. */
const MAXIMUM_ENTRY_DEPTH = 32;

/** Finds the definition of a variable that a block only declares (`extern int x;`). */
export type FindGlobal = (name: string, unit: Unit) => bigint | undefined;

/** Where variables are in a frame. */
export class Locator {
  readonly #functions: Functions;
  readonly #variables: Variables;
  readonly #findGlobal: FindGlobal;

  constructor(functions: Functions, variables: Variables, findGlobal: FindGlobal) {
    this.#functions = functions;
    this.#variables = variables;
    this.#findGlobal = findGlobal;
  }

  locate(variable: Variable, frame: Activation | undefined): Location {
    if (variable.address !== undefined) return { kind: 'memory', address: variable.address };
    if (!(variable instanceof DwarfVariable)) {
      return { kind: 'optimised-out', reason: 'not a variable of this program' };
    }
    const { units } = this.#functions;
    const die = units.die(variable.position);
    const constant = holderOf(units, die, At.constValue);
    if (constant !== undefined)
      return { kind: 'value', bytes: constantBytes(constant, strip(variable.type).size ?? 8) };
    const holder = holderOf(units, die, At.location);
    if (holder === undefined) {
      const address = die.flag(At.declaration) ? this.#findGlobal(variable.name, die.unit) : undefined;
      if (address !== undefined) return { kind: 'memory', address };
      return { kind: 'optimised-out', reason: 'optimised out' };
    }
    const pc = frame?.codeAddress ?? 0n;
    const entry = frame?.pc === pc ? this.#functions.at(pc)?.entry : undefined;
    const expression = expressionAt(holder, At.location, pc, entry);
    if (expression === undefined) return { kind: 'optimised-out', reason: 'optimised out here' };
    const section = holder.unit.header.section.name;
    return evaluateLocation(expression, section, holder.unit, this.#context(frame, 0));
  }

  #context(frame: Activation | undefined, depth: number): ExpressionContext {
    const need = (): Activation => {
      if (frame === undefined) throw new Unavailable('a frame is needed');
      return frame;
    };
    return {
      register: (number) => {
        const value = need().registers.read(number);
        if (value === undefined) throw new Unavailable(`${registerName(number)} was not saved`);
        return value;
      },
      memory: (address, length) => {
        const bytes = need().memory.read(address, length);
        if (bytes === undefined) throw new Unavailable(`memory at 0x${address.toString(16)} cannot be read`);
        return bytes;
      },
      cfa: () => {
        const { cfa } = need();
        if (cfa === undefined) throw new Unavailable('no frame information');
        return cfa;
      },
      frameBase: () => this.#frameBase(need(), depth),
      entryValue: (expression) => this.#entryValue(expression, need(), depth + 1),
      parameterValue: () => {
        throw new Unavailable("a parameter of the caller's caller");
      },
      expressionOf: (position) =>
        expressionAt(this.#functions.units.die(position), At.location, frame?.codeAddress ?? 0n),
      implicitPointer: (position, offset) => ({
        kind: 'implicit-pointer',
        target: this.#variables.read(position),
        offset,
      }),
    };
  }

  #frameBase(frame: Activation, depth: number): bigint {
    const found = this.#functions.at(frame.codeAddress);
    const die = found && this.#functions.units.die(found.position);
    const expression = die && expressionAt(die, At.frameBase, frame.codeAddress);
    if (die === undefined || expression === undefined) throw new Unavailable('no frame base');
    const context: ExpressionContext = {
      ...this.#context(frame, depth),
      frameBase: () => die.fail('a frame base that refers to itself'),
    };
    return evaluateNumber(expression, die.unit.header.section.name, die.unit, context);
  }

  /**
   * What a register held when the function of `frame` was entered, from what its caller's call site says of the
   * arguments (DWARF 5, 3.4). Only if the call site names the function of the frame: after a tail call it does not.
   */
  #entryValue(expression: Uint8Array, frame: Activation, depth: number): bigint {
    if (depth > MAXIMUM_ENTRY_DEPTH) throw new Unavailable('entry values lead too far');
    const { caller } = frame;
    const callee = this.#functions.at(frame.codeAddress);
    const function_ = isActivation(caller) ? this.#functions.at(caller.codeAddress) : undefined;
    if (!isActivation(caller) || callee === undefined || function_ === undefined) {
      throw new Unavailable('the value on entry is not known');
    }
    const site = callSite(this.#functions.units.die(function_.position), caller.pc);
    if (site === undefined || !this.#calls(site, callee, caller, depth)) {
      throw new Unavailable('the value on entry is not known');
    }
    for (const parameter of site.children()) {
      const location = parameter.block(At.location);
      const value = parameter.block(At.callValue) ?? parameter.block(At.gnuCallSiteValue);
      if (location === undefined || value === undefined || !sameBytes(location, expression)) continue;
      return evaluateNumber(value, site.unit.header.section.name, site.unit, this.#context(caller, depth));
    }
    throw new Unavailable('the value on entry is not known');
  }

  #calls(site: Die, callee: DwarfFunction, caller: Activation, depth: number): boolean {
    const { units } = this.#functions;
    const origin = units.follow(site, site.has(At.callOrigin) ? At.callOrigin : At.abstractOrigin);
    if (origin !== undefined) {
      let last = origin;
      for (const link of originChain(units, origin)) last = link;
      if (last.position === callee.origin) return true;
      const name = last.string(At.linkageName) ?? last.string(At.name);
      return name !== undefined && name === (callee.linkageName ?? callee.name);
    }
    const target = site.block(At.callTarget) ?? site.block(At.gnuCallSiteTarget);
    if (target === undefined) return false;
    const section = site.unit.header.section.name;
    return evaluateNumber(target, section, site.unit, this.#context(caller, depth)) === callee.entry;
  }
}

/** The call of a function that returns to `pc`; calls stand within the blocks that contain them. */
function callSite(die: Die, pc: bigint): Die | undefined {
  for (const inner of die.walk(() => true)) {
    if (inner.tag === Tag.callSite && inner.address(At.callReturnPc) === pc) return inner.copy();
    if (inner.tag === Tag.gnuCallSite && inner.address(At.lowPc) === pc) return inner.copy();
  }
  return undefined;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** The bytes of DW_AT_const_value as a variable of `size` bytes has them. */
function constantBytes(die: Die, size: number): Uint8Array {
  const value = die.attribute(At.constValue);
  if (value?.kind === 'block') return value.bytes;
  if (value?.kind === 'string') return encodeText(`${value.value}\0`);
  const bits = value?.kind === 'constant' || value?.kind === 'address' ? value.value : 0n;
  return Uint8Array.from({ length: Math.min(size, 64) }, (_, index) =>
    Number((bits >> BigInt(8 * index)) & 0xffn),
  );
}
