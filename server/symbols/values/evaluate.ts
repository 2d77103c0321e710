import type { CompilationUnit, Variable } from '../code.ts';
import { EvaluationError } from '../errors.ts';
import { isFloatRegister, Register, registerNumber } from '../registers.ts';
import { arrayOf, isComposite, isScalar, pointerTo, sizeOf, strip, typeName, VOID } from '../typeModel.ts';
import type { BaseType, FunctionType, Type } from '../types.ts';
import {
  binaryOperation,
  builtinType,
  CHAR,
  convert,
  DOUBLE,
  INT,
  isFloating,
  isZero,
  LONG,
  unaryOperation,
  UNSIGNED,
  UNSIGNED_LONG,
  type Operand,
} from './arithmetic.ts';
import { bytesFrom, bytesFromFloat } from './bits.ts';
import type { EvaluationContext } from './context.ts';
import { parseExpression, type Expression, type TypeExpression } from './parser.ts';
import { findMember, parenthesised, Value, variableValue } from './value.ts';

/** More elements than a view can want, and few enough that a typing error does no harm. */
const MAXIMUM_SLICE = 1 << 20;

/** Registers that hold addresses: shown and used as pointers. */
const POINTER_REGISTERS = new Set<number>([Register.ra, Register.sp, Register.gp, Register.tp, Register.fp]);

/**
 * Evaluates a C expression: names, `$registers`, members, elements, casts, arithmetic with C's conversions, `sizeof`,
 * assignments, GDB's `array@count`, and `'file.c'::name`. Throws `EvaluationError` with the column.
 */
export function evaluate(text: string, context: EvaluationContext): Value {
  const names = new Names(context);
  return new Evaluator(context, names).evaluate(parseExpression(text, (name) => names.isType(name)));
}

/**
 * What is wrong with the form of an expression that will be evaluated later, somewhere; undefined if nothing is. Names
 * need not exist. A name may be a type in one place and a variable in another: either reading will do.
 */
export function syntaxProblem(text: string, symbols: EvaluationContext['symbols']): string | undefined {
  const isTypeSomewhere = (name: string) =>
    builtinType(name) !== undefined || symbols?.typeNamed(name, 'typedef') !== undefined;
  const isBuiltin = (name: string) => builtinType(name) !== undefined;
  const [problem, other] = [isTypeSomewhere, isBuiltin].map((isType) => {
    try {
      parseExpression(text, isType);
      return undefined;
    } catch (error) {
      if (error instanceof EvaluationError) return error.message;
      throw error;
    }
  });
  return other === undefined ? undefined : problem;
}

/**
 * Evaluates `text` and stores it in `target`: names of constants are those of the target's type first, a string fills
 * an array of characters. Throws `EvaluationError`.
 */
export function parseInto(target: Value, text: string, context: EvaluationContext): void {
  const type = strip(target.type);
  const constant =
    type.kind === 'enum' ? type.enumerators.find(({ name }) => name === text.trim()) : undefined;
  if (constant !== undefined) {
    target.assign(constant.value);
    return;
  }
  store(target, evaluate(text, context));
}

/** Finds what names mean: the frame's blocks outwards, then its unit, then the program. */
class Names {
  readonly #context: EvaluationContext;

  constructor(context: EvaluationContext) {
    this.#context = context;
  }

  isType(name: string): boolean {
    const { symbols } = this.#context;
    if (builtinType(name) !== undefined) return true;
    if (symbols === undefined || this.#local(name) !== undefined) return false;
    if (symbols.symbols.find(name) !== undefined) return false;
    return symbols.typeNamed(name, 'typedef', this.#unit) !== undefined;
  }

  find(name: string, file: string | undefined): Value {
    const { symbols } = this.#context;
    const local = file === undefined ? this.#local(name) : undefined;
    if (local !== undefined) return variableValue(local, this.#context);
    if (symbols === undefined) throw new EvaluationError(`no symbols are loaded: "${name}" is not known`);
    const found = file === undefined ? this.#global(name, this.#unit) : this.#inFile(name, file);
    if (found !== undefined) return found;
    throw new EvaluationError(`there is no "${name}"${file === undefined ? ' here' : ` in ${file}`}`);
  }

  #global(name: string, unit: CompilationUnit | undefined): Value | undefined {
    const [variable] = this.#context.symbols?.globalsNamed(name, unit) ?? [];
    if (variable !== undefined) return variableValue(variable, this.#context);
    return this.#function(name, () => true) ?? this.#constant(name, unit) ?? this.#bareSymbol(name);
  }

  /** A variable or function that a unit of that source file defines. */
  #inFile(name: string, file: string): Value | undefined {
    for (const unit of this.#context.symbols?.units() ?? []) {
      if (unit.path !== file && !unit.path.endsWith(`/${file}`)) continue;
      const [variable] = this.#context.symbols?.globalsNamed(name, unit) ?? [];
      if (variable?.unit === unit) return variableValue(variable, this.#context);
      const found = this.#function(name, (defining) => defining === unit);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  type(expression: TypeExpression): Type {
    const { tag, name, derived, column } = expression;
    let type: Type | undefined = tag === undefined ? (name === 'void' ? VOID : builtinType(name)) : undefined;
    type ??= this.#context.symbols?.typeNamed(name, tag ?? 'typedef', this.#unit);
    if (type === undefined && tag === undefined)
      type = this.#context.symbols?.typeNamed(name, undefined, this.#unit);
    if (type === undefined)
      throw new EvaluationError(`there is no type "${tag === undefined ? '' : `${tag} `}${name}"`, column);
    for (const step of derived) {
      if (step.kind === 'pointer') type = pointerTo(type);
      else if (step.kind === 'array') type = arrayOf(type, step.count);
      else {
        const parameters = step.parameters.map((parameter) => ({
          name: undefined,
          type: this.type(parameter),
        }));
        const made: FunctionType = {
          kind: 'function',
          size: undefined,
          returns: type,
          parameters,
          variadic: step.variadic,
          prototyped: true,
        };
        type = made;
      }
    }
    return type;
  }

  get #unit(): CompilationUnit | undefined {
    const { frame, symbols } = this.#context;
    return frame && (frame.function?.unit ?? symbols?.unitAt(frame.codeAddress));
  }

  #local(name: string): Variable | undefined {
    for (const block of this.#context.frame?.blocks ?? []) {
      const found = block.variables.find((variable) => variable.name === name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #function(name: string, fits: (unit: CompilationUnit) => boolean): Value | undefined {
    const { symbols } = this.#context;
    const found = symbols?.functionsNamed(name).find((info) => info.entry !== undefined && fits(info.unit));
    if (found?.entry === undefined) return undefined;
    return new Value(found.type, { kind: 'memory', address: found.entry }, this.#context, {
      expression: name,
    });
  }

  #constant(name: string, unit: CompilationUnit | undefined): Value | undefined {
    const found = this.#context.symbols?.enumerator(name, unit);
    return found && numberValue({ type: found.type, value: found.value }, this.#context);
  }

  /** A symbol without debug information: an unsigned number of its size, or bytes; a function for code. */
  #bareSymbol(name: string): Value | undefined {
    const symbol = this.#context.symbols?.symbols.find(name);
    if (symbol === undefined) return undefined;
    const integers = new Map<number, BaseType>([[4, UNSIGNED], [8, UNSIGNED_LONG]]); // prettier-ignore
    const function_: Type = {
      kind: 'function',
      size: undefined,
      returns: VOID,
      parameters: [],
      variadic: false,
      prototyped: false,
    };
    const isCode = symbol.kind === 'function' || symbol.section?.executable === true;
    const type = isCode
      ? function_
      : (integers.get(symbol.size) ?? arrayOf(builtinType('unsigned char')!, symbol.size));
    return new Value(type, { kind: 'memory', address: symbol.address }, this.#context, { expression: name });
  }
}

class Evaluator {
  readonly #context: EvaluationContext;
  readonly #names: Names;

  constructor(context: EvaluationContext, names: Names) {
    this.#context = context;
    this.#names = names;
  }

  /** Errors are placed at the node that caused them. */
  evaluate(expression: Expression): Value {
    try {
      return this.#node(expression);
    } catch (problem) {
      throw problem instanceof EvaluationError ? problem.at(expression.column) : problem;
    }
  }

  #node(expression: Expression): Value {
    switch (expression.kind) {
      case 'integer':
        return this.#number({ type: literalType(expression), value: expression.value });
      case 'float':
        return this.#number({ type: DOUBLE, value: expression.value });
      case 'character':
        return this.#number({ type: CHAR, value: expression.value });
      case 'string': {
        const bytes = Uint8Array.from([...expression.bytes, 0]);
        return new Value(arrayOf(CHAR, bytes.length), { kind: 'bytes', bytes }, this.#context);
      }
      case 'name':
        return this.#names.find(expression.name, expression.file);
      case 'register':
        return this.#register(expression.name);
      case 'unary':
        return this.#unary(expression.operator, this.evaluate(expression.operand));
      case 'binary':
        return this.#binary(expression);
      case 'conditional':
        return this.evaluate(isTrue(this.evaluate(expression.test)) ? expression.then : expression.otherwise);
      case 'assign':
        return this.#assign(expression);
      case 'member':
        return this.#member(expression);
      case 'index':
        return this.#index(this.evaluate(expression.object), this.evaluate(expression.index));
      case 'cast':
        return this.#cast(this.#names.type(expression.type), this.evaluate(expression.operand));
      case 'sizeof': {
        const { operand } = expression;
        const type = operand.kind === 'type' ? this.#names.type(operand) : this.evaluate(operand).type;
        return this.#number({ type: UNSIGNED_LONG, value: BigInt(sizeOf(type)) });
      }
    }
  }

  #number(operand: Operand): Value {
    return numberValue(operand, this.#context);
  }

  #register(name: string): Value {
    const expression = `$${name}`;
    const named = this.#context.register?.(name);
    if (named !== undefined) {
      const type = named.type ?? {
        kind: 'base',
        name: `uint${named.size * 8}`,
        size: named.size,
        encoding: 'unsigned',
      };
      return new Value(type, { kind: 'named-register', name, offset: 0 }, this.#context, { expression });
    }
    const { frame } = this.#context;
    if (frame === undefined) throw new EvaluationError(`there is no register ${expression}`);
    if (name === 'pc') {
      return new Value(pointerTo(VOID), { kind: 'bytes', bytes: bytesFrom(frame.pc, 8) }, this.#context, {
        expression,
      });
    }
    const register = registerNumber(name);
    if (register === undefined) throw new EvaluationError(`there is no register ${expression}`);
    const isFloat = isFloatRegister(register);
    const type = isFloat ? DOUBLE : POINTER_REGISTERS.has(register) ? pointerTo(VOID) : LONG;
    return new Value(type, { kind: 'register', register, offset: 0 }, this.#context, { expression });
  }

  #unary(operator: string, operand: Value): Value {
    if (operator === '*')
      return (isPointerLike(operand.type) ? operand : this.#asPointer(operand)).dereference();
    if (operator === '&') return addressOf(operand);
    return this.#number(unaryOperation(operator, operandOf(operand)));
  }

  /** `*0x80200000`: a number is taken for the address of a long, as GDB does. */
  #asPointer(value: Value): Value {
    const type = strip(value.type);
    if (type.kind !== 'base' || isFloating(type)) return value;
    return this.#number({ type: pointerTo(LONG), value: value.toBigInt() });
  }

  #binary({ operator, left, right }: Expression & { kind: 'binary' }): Value {
    if (operator === '&&' || operator === '||') {
      const first = isTrue(this.evaluate(left));
      const holds = first === (operator === '||') ? first : isTrue(this.evaluate(right));
      return this.#number({ type: INT, value: holds ? 1n : 0n });
    }
    const a = this.evaluate(left);
    const b = this.evaluate(right);
    if (operator === ',') return b;
    if (operator === '@') return this.#slice(a, b);
    if (operator === '+' || operator === '-') {
      const moved = this.#pointerArithmetic(operator, a, b);
      if (moved !== undefined) return moved;
    }
    return this.#number(binaryOperation(operator, operandOf(a), operandOf(b)));
  }

  #pointerArithmetic(operator: '+' | '-', left: Value, right: Value): Value | undefined {
    const [a, b] = [isPointerLike(left.type), isPointerLike(right.type)];
    if (a && b) {
      if (operator === '+') throw new EvaluationError('two pointers cannot be added');
      const difference = BigInt.asIntN(64, left.toBigInt() - right.toBigInt());
      return this.#number({ type: LONG, value: difference / BigInt(stepOf(left.type)) });
    }
    if (b && operator === '-') throw new EvaluationError('a pointer cannot be subtracted from a number');
    if (!a && !b) return undefined;
    const [pointer, count] = a ? [left, right] : [right, left];
    const distance = count.toBigInt() * BigInt(stepOf(pointer.type));
    const value = pointer.toBigInt() + (operator === '+' ? distance : -distance);
    return this.#number({ type: decayed(pointer.type), value });
  }

  #slice(first: Value, count: Value): Value {
    const length = Number(count.toBigInt());
    if (!(length > 0 && length <= MAXIMUM_SLICE))
      throw new EvaluationError(`${length} elements cannot be shown`);
    if (first.address === undefined) throw new EvaluationError('the left side of @ has to be in memory');
    const expression = first.expression && `${parenthesised(first.expression)}@${length}`;
    return first.as(arrayOf(first.type, length), expression);
  }

  #assign({ operator, target, value }: Expression & { kind: 'assign' }): Value {
    const place = this.evaluate(target);
    let result = this.evaluate(value);
    if (operator !== '') {
      const moved =
        operator === '+' || operator === '-' ? this.#pointerArithmetic(operator, place, result) : undefined;
      result = moved ?? this.#number(binaryOperation(operator, operandOf(place), operandOf(result)));
    }
    store(place, result);
    return place;
  }

  #member({ object, name, arrow }: Expression & { kind: 'member' }): Value {
    const value = this.evaluate(object);
    // As debuggers do, `.` and `->` both reach through a pointer.
    const isPointer = isPointerLike(value.type) || strip(value.type).kind === 'reference';
    if (arrow && !isPointer)
      throw new EvaluationError(`-> needs a pointer, and this is a ${typeName(value.type)}`);
    const whole = isPointer ? value.dereference() : value;
    if (!isComposite(strip(whole.type))) {
      throw new EvaluationError(`a ${typeName(whole.type)} has no members`);
    }
    const found = findMember(whole, name);
    if (found === undefined) throw new EvaluationError(`${typeName(whole.type)} has no member "${name}"`);
    return found;
  }

  #index(object: Value, index: Value): Value {
    if (strip(object.type).kind === 'array') return object.element(Number(index.toBigInt()));
    if (!isPointerLike(object.type)) throw new EvaluationError(`a ${typeName(object.type)} has no elements`);
    const element = this.#pointerArithmetic('+', object, index)!.dereference();
    const expression = object.expression && `${parenthesised(object.expression)}[${index.toBigInt()}]`;
    return element.as(element.type, expression);
  }

  #cast(type: Type, operand: Value): Value {
    const target = strip(type);
    const expression = operand.expression && `(${typeName(type)})${parenthesised(operand.expression)}`;
    if (isScalar(target)) {
      const { value } = operandOf(operand);
      const cast = this.#number({ type, value: convert(value, type) });
      return cast.as(type, expression);
    }
    if (target.kind === 'void') return this.#number({ type: VOID, value: 0n });
    if (operand.address !== undefined && sizeOf(type) === operand.type.size)
      return operand.as(type, expression);
    throw new EvaluationError(`a ${typeName(operand.type)} cannot be cast to ${typeName(type)}`);
  }
}

/** C17, 6.4.4.1: the first type that holds the value; only hexadecimal and the like may become unsigned by size. */
function literalType({ value, suffix, decimal }: Expression & { kind: 'integer' }): BaseType {
  const unsigned = suffix.includes('u');
  const isLong = suffix.includes('l');
  if (!isLong) {
    if (!unsigned && value < 1n << 31n) return INT;
    if ((unsigned || !decimal) && value < 1n << 32n) return UNSIGNED;
  }
  return unsigned || value >= 1n << 63n ? UNSIGNED_LONG : LONG;
}

function numberValue({ type, value }: Operand, context: EvaluationContext): Value {
  const size = type.size ?? 0;
  const bytes = isFloating(type) ? bytesFromFloat(Number(value), size) : bytesFrom(BigInt(value), size);
  return new Value(type, { kind: 'bytes', bytes }, context);
}

/** A value as a number; arrays and functions as their address. */
function operandOf(value: Value): Operand {
  const type = strip(value.type);
  if (isFloating(type)) return { type: value.type, value: value.toNumber() };
  if (type.kind === 'array' || type.kind === 'function') {
    const { address } = value;
    if (address === undefined) throw new EvaluationError(`this ${typeName(value.type)} is not in memory`);
    return { type: decayed(value.type), value: address };
  }
  const { bitField } = value.details;
  // A bit field narrower than int is an int, whatever its type (C17, 6.3.1.1).
  const narrow = bitField !== undefined && bitField.width < 32 && type.size === 4;
  return { type: narrow ? INT : value.type, value: value.toBigInt() };
}

function isTrue(value: Value): boolean {
  return !isZero(operandOf(value).value);
}

function isPointerLike(type: Type): boolean {
  const { kind } = strip(type);
  return kind === 'pointer' || kind === 'array' || kind === 'function';
}

/** What an array or a function is in arithmetic. */
function decayed(type: Type): Type {
  const plain = strip(type);
  if (plain.kind === 'array') return pointerTo(plain.element);
  return plain.kind === 'function' ? pointerTo(plain) : type;
}

/** Bytes that a pointer moves by one; 1 for those to void and functions, as GCC has it. */
function stepOf(type: Type): number {
  const plain = strip(decayed(type));
  const target = plain.kind === 'pointer' ? strip(plain.target) : plain;
  return target.kind === 'void' || target.kind === 'function' ? 1 : sizeOf(target);
}

function addressOf(value: Value): Value {
  if (value.address === undefined) {
    const what = value.details.bitField === undefined ? 'it is not in memory' : 'it is a bit field';
    throw new EvaluationError(`this has no address: ${what}`);
  }
  const bytes = bytesFrom(value.address, 8);
  const expression = value.expression && `&${parenthesised(value.expression)}`;
  return new Value(pointerTo(value.type), { kind: 'bytes', bytes }, value.context, { expression });
}

function store(target: Value, value: Value): void {
  if (!target.writable) throw new EvaluationError('this cannot be assigned to: it is no variable');
  const type = strip(target.type);
  if (isScalar(type)) {
    const { value: number } = operandOf(value);
    target.assign(convert(number, target.type));
    return;
  }
  const bytes = value.bytes();
  const size = sizeOf(type);
  const isText = type.kind === 'array' && sizeOf(type.element) === 1 && value.place.kind === 'bytes';
  if (isText && bytes.length - 1 <= size) {
    const filled = new Uint8Array(size);
    filled.set(bytes.subarray(0, size));
    target.assignBytes(filled);
    return;
  }
  if (bytes.length !== size) {
    throw new EvaluationError(`a ${typeName(value.type)} cannot be stored in a ${typeName(target.type)}`);
  }
  target.assignBytes(bytes);
}
