/**
 * What a what-if specification means: everything that a seal specification may name, exactly to the byte, and beyond
 * that what a C expression names.
 *
 *   cpu_caps.features[2]              a member
 *   kernel/panic.c:panic_timeout      the variable of one source file: statics share names
 */
import {
  EvaluationError,
  evaluate,
  type SymbolFile,
  type Value,
  type Variable,
} from '../../symbols/index.ts';
import { SealSpecError } from '../errors.ts';
import { resolveSeal, type NamedRange } from '../spec.ts';
import { SourceTree } from './sourceTree.ts';

const FILE_AND_NAME = /^(?:([^=:'"]+)=)?([^\s=:'"]+\.\w+):([A-Za-z_]\w*)(.*)$/;
const LABEL_AND_TEXT = /^(?:([^=]*)=)?(.*)$/;
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** Evaluates an expression: at run time with memory and frames, before with nothing but symbols. */
export type Evaluate = (expression: string) => Value;

/** An `Evaluate` that knows the image alone: expressions that read memory are EvaluationErrors. */
export function evaluateIn(symbols: SymbolFile | undefined): Evaluate {
  const write = (): never => {
    throw new EvaluationError('this would change the guest', 1);
  };
  return (expression) => evaluate(expression, { symbols, memory: { read: () => undefined, write } });
}

/** A range, and the variable that it is all of where that is known already. */
export interface WhatIfRange extends NamedRange {
  readonly variable?: Variable | undefined;
}

export class WhatIfResolver {
  readonly #symbols: SymbolFile | undefined;
  #tree: SourceTree | undefined;

  constructor(symbols: SymbolFile | undefined) {
    this.#symbols = symbols;
  }

  /** @throws SealSpecError when it names nothing, several things, or something that is not in memory. */
  resolve(spec: string, evaluateText = evaluateIn(this.#symbols)): WhatIfRange[] {
    const inFile = FILE_AND_NAME.exec(spec);
    if (inFile !== null) {
      const [, label, file = '', name = '', rest = ''] = inFile;
      return [this.#inFile({ spec, label: label?.trim() ?? spec, file, name, rest }, evaluateText)];
    }
    const [, label, text = spec] = LABEL_AND_TEXT.exec(spec) ?? [];
    if (IDENTIFIER.test(text)) refuseSeveral(spec, text, this.#symbols);
    try {
      return resolveSeal(spec, this.#symbols);
    } catch (error) {
      if (!(error instanceof SealSpecError)) throw error;
      if (!/[.[\]>()*&']/.test(text) || /^\.|\.\./.test(text)) throw asWhatIf(error);
      return [expressionRange(spec, label?.trim() ?? text, text, evaluateText)];
    }
  }

  #inFile({ spec, label, file, name, rest }: InFile, evaluateText: Evaluate): WhatIfRange {
    if (this.#symbols?.hasDebugInfo !== true)
      throw new SealSpecError(spec, 'needs debug information, which the image does not have', 'what-if');
    this.#tree ??= new SourceTree(this.#symbols);
    const variable = this.#tree.variable(file, name);
    if (variable === undefined)
      throw new SealSpecError(spec, `${file} defines no variable ${name}`, 'what-if');
    const { address, type, unit } = variable;
    if (rest !== '' || address === undefined || type.size === undefined)
      return expressionRange(spec, label, `'${unit.path}'::${name}${rest}`, evaluateText);
    return { name: label, start: address, end: address + BigInt(type.size), variable };
  }
}

interface InFile {
  readonly spec: string;
  readonly label: string;
  readonly file: string;
  readonly name: string;
  /** Members and indices behind the name. */
  readonly rest: string;
}

/** A name that several files give to statics of their own means none of them. */
function refuseSeveral(spec: string, name: string, symbols: SymbolFile | undefined): void {
  const found = symbols?.symbols.named(name).filter((symbol) => symbol.kind === 'object') ?? [];
  if (found.length < 2 || found[0]?.binding !== 'local') return;
  const files = found.flatMap((symbol) => symbols?.globalAt(symbol.address)?.declaration?.path ?? []);
  const hint = files.length === 0 ? 'give its address and size' : `give one as ${files[0]!}:${name}`;
  throw new SealSpecError(spec, `${found.length} objects have the name ${name}; ${hint}`, 'what-if');
}

function expressionRange(spec: string, name: string, expression: string, evaluateText: Evaluate): NamedRange {
  let value: Value;
  try {
    value = evaluateText(expression);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    throw new SealSpecError(spec, error.message, 'what-if');
  }
  const { place, type } = value;
  if (place.kind !== 'memory' || value.address === undefined)
    throw new SealSpecError(spec, 'is not in memory', 'what-if');
  if (type.size === undefined || type.size === 0)
    throw new SealSpecError(spec, 'has no size; give START+BYTES', 'what-if');
  return { name, start: value.address, end: value.address + BigInt(type.size) };
}

function asWhatIf(error: SealSpecError): SealSpecError {
  return new SealSpecError(error.spec, error.problem, 'what-if');
}
