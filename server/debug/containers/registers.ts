/** General and floating-point registers as a frame sees them, and the control and status registers of a hart with their fields. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { CsrView, FloatRegisterView, RegisterView } from '../../session/index.ts';
import { hex, hexValue } from '../../session/report/index.ts';
import type { DebugContext, FrameName } from '../context.ts';
import { childNamed, notSettable, page, type Container, type View } from './container.ts';

/** What a user may type for a register: an expression, perhaps before the annotation that was shown. */
const expressionOf = (text: string): string => text.replace(/\s+<[^>]*>\s*$/, '').trim();

function evaluateNumber(context: DebugContext, text: string, frame: FrameName): bigint {
  const { inspect } = context.session;
  const value = inspect.evaluate(expressionOf(text), inspect.frame(frame.hart, frame.level));
  return BigInt.asUintN(64, value.toBigInt());
}

const NOT_SAVED = '<not saved by a callee>';
const READ_ONLY = { presentationHint: { attributes: ['readOnly'] } };

export class RegistersContainer implements Container {
  readonly #context: DebugContext;
  readonly #frame: FrameName;

  constructor(context: DebugContext, frame: FrameName) {
    this.#context = context;
    this.#frame = frame;
  }

  list(view: View): DebugProtocol.Variable[] {
    return page([...this.#general(), ...this.#floating()], view).map((register) => this.#variable(register));
  }

  set(name: string, text: string): DebugProtocol.Variable {
    const { hart, level } = this.#frame;
    if (level > 0) throw notSettable(name, 'this frame is not the one the hart stands in');
    const isFloat = this.#floating().some((register) => register.name === name);
    if (isFloat) this.#setFloat(name, expressionOf(text));
    else {
      childNamed(this.#general(), name);
      this.#context.session.inspect.setRegister(hart, name, evaluateNumber(this.#context, text, this.#frame));
    }
    const registers = isFloat ? this.#floating() : this.#general();
    return this.#variable(childNamed<RegisterView | FloatRegisterView>(registers, name));
  }

  /** Hexadecimal digits are all the bits; any other expression is a number, single or double as the register now is. */
  #setFloat(name: string, expression: string): void {
    const { hart, level } = this.#frame;
    const { inspect } = this.#context.session;
    if (/^0x[0-9a-f]+$/i.test(expression)) inspect.setRegister(hart, name, BigInt(expression));
    else {
      const frame = inspect.frame(hart, level);
      inspect.assign(inspect.evaluate(`$${name}`, frame), expression, frame);
    }
  }

  value(): undefined {
    return undefined;
  }

  #general(): RegisterView[] {
    const { hart, level } = this.#frame;
    const { inspect } = this.#context.session;
    return inspect.registers(hart, inspect.frame(hart, level));
  }

  #floating(): FloatRegisterView[] {
    const { hart, level } = this.#frame;
    const { inspect } = this.#context.session;
    return inspect.floatRegisters(hart, inspect.frame(hart, level));
  }

  #variable(register: RegisterView | FloatRegisterView): DebugProtocol.Variable {
    const { name, number, value } = register;
    const { client } = this.#context;
    const isAddress = !('format' in register) && value !== undefined && value !== 0n;
    return {
      name,
      value: 'format' in register ? floatText(register) : generalText(register),
      ...(client.variableType ? { type: number === name ? 'register' : `register ${number}` } : {}),
      evaluateName: `$${name}`,
      variablesReference: 0,
      ...(isAddress && client.memoryReferences ? { memoryReference: hex(value) } : {}),
      ...(this.#frame.level > 0 ? READ_ONLY : {}),
    };
  }
}

function generalText({ value, symbol }: RegisterView): string {
  if (value === undefined) return NOT_SAVED;
  return `${hexValue(value, 8)}${symbol === undefined ? '' : ` <${symbol}>`}`;
}

/** `1.5 <float 0xffffffff3fc00000>`; bits that look like no number alone. */
function floatText({ value, format, text }: FloatRegisterView): string {
  if (value === undefined) return NOT_SAVED;
  return text === undefined ? hexValue(value, 8) : `${text} <${format} ${hexValue(value, 8)}>`;
}

export class CsrsContainer implements Container {
  readonly #context: DebugContext;
  readonly #frame: FrameName;

  constructor(context: DebugContext, frame: FrameName) {
    this.#context = context;
    this.#frame = frame;
  }

  list(view: View): DebugProtocol.Variable[] {
    return page(this.#context.session.inspect.csrs(this.#frame.hart), view).map((csr) => this.#variable(csr));
  }

  set(name: string, text: string): DebugProtocol.Variable {
    const { inspect } = this.#context.session;
    const { hart } = this.#frame;
    childNamed(inspect.csrs(hart), name);
    inspect.setRegister(hart, name, evaluateNumber(this.#context, text, this.#frame));
    return this.#variable(childNamed(inspect.csrs(hart), name));
  }

  value(): undefined {
    return undefined;
  }

  #variable({ name, number, value, text, fields }: CsrView): DebugProtocol.Variable {
    const { client, variables } = this.#context;
    const key = `csr ${this.#frame.hart} ${name}`;
    return {
      name,
      value: `${hexValue(value, 8)}${text === undefined ? '' : ` <${text}>`}`,
      ...(client.variableType ? { type: `CSR ${hexValue(BigInt(number), 2)}` } : {}),
      evaluateName: `$${name}`,
      variablesReference:
        fields.length === 0
          ? 0
          : variables.of(key, () => new FieldsContainer(this.#context, this.#frame, name)),
      ...(client.variablePaging && fields.length > 0 ? { namedVariables: fields.length } : {}),
    };
  }
}

/** The bit fields of one CSR; setting one writes the whole register, whose WARL rules decide what becomes of it. */
class FieldsContainer implements Container {
  readonly #context: DebugContext;
  readonly #frame: FrameName;
  readonly #name: string;

  constructor(context: DebugContext, frame: FrameName, name: string) {
    this.#context = context;
    this.#frame = frame;
    this.#name = name;
  }

  list(view: View): DebugProtocol.Variable[] {
    return page(this.#csr().fields, view).map((field) => this.#variable(field));
  }

  set(name: string, text: string): DebugProtocol.Variable {
    const csr = this.#csr();
    const { high, low } = childNamed(csr.fields, name);
    const width = BigInt(high - low + 1);
    const wanted = evaluateNumber(this.#context, text, this.#frame);
    if (wanted >> width !== 0n) throw notSettable(name, `it has ${width} bits`);
    const others = csr.value & ~(((1n << width) - 1n) << BigInt(low));
    this.#context.session.inspect.setRegister(this.#frame.hart, this.#name, others | (wanted << BigInt(low)));
    return this.#variable(childNamed(this.#csr().fields, name));
  }

  value(): undefined {
    return undefined;
  }

  #csr(): CsrView {
    return childNamed(this.#context.session.inspect.csrs(this.#frame.hart), this.#name);
  }

  #variable({ name, high, low, value, meaning }: CsrView['fields'][number]): DebugProtocol.Variable {
    const bits = high === low ? `bit ${high}` : `bits ${high}:${low}`;
    return {
      name,
      value: `${high === low ? value.toString() : hex(value)}${meaning === undefined ? '' : ` <${meaning}>`}`,
      ...(this.#context.client.variableType ? { type: bits } : {}),
      variablesReference: 0,
    };
  }
}
