import type { AddressRange, Block, CodeScope } from '../code.ts';
import { At, Tag } from './constants.ts';
import { entryOf, type DwarfFunction, type Functions } from './functions.ts';
import { LruCache } from './lru.ts';
import { originChain } from './origins.ts';
import { rangesOf } from './ranges.ts';
import type { Die } from './unit.ts';
import type { DwarfVariable, Variables } from './variables.ts';

/** Functions whose scopes are kept. */
const SCOPE_CACHE = 256;
/** Deeper nesting of blocks and inlined calls than compilers make; malformed information would overflow the stack. */
const MAXIMUM_DEPTH = 200;

/** A function's body, a lexical block of it, or a function inlined into it. */
export interface ScopeNode {
  readonly kind: 'function' | 'block' | 'inlined';
  /** Of its DIE. */
  readonly position: number;
  readonly ranges: readonly AddressRange[];
  readonly entry: bigint | undefined;
  readonly children: readonly ScopeNode[];
  /** Positions of the DIEs of variables and parameters, in their order. */
  readonly variables: readonly number[];
}

/** A `CodeScope` that also knows the DIE of its function, for frames. */
export interface DwarfScope extends CodeScope {
  readonly function: DwarfFunction;
  readonly blocks: readonly DwarfBlock[];
}

export interface DwarfBlock extends Block {
  readonly variables: readonly DwarfVariable[];
}

/** The nesting of code: which function, inlined copies and blocks an address is in. */
export class Scopes {
  readonly #functions: Functions;
  readonly #variables: Variables;
  readonly #trees = new LruCache<number, ScopeNode>(SCOPE_CACHE, () => 1);

  constructor(functions: Functions, variables: Variables) {
    this.#functions = functions;
    this.#variables = variables;
  }

  /** The inlined call chain at an address, innermost first. */
  at(address: bigint): DwarfScope[] {
    const path = this.pathTo(address);
    const { lines, units } = this.#functions;
    const unit = units.at(address);
    const row = unit && lines.rowAt(unit, address);
    let position =
      row === undefined || row.line === 0
        ? undefined
        : { path: lines.path(row.fileId), line: row.line, column: row.column };
    const scopes: DwarfScope[] = [];
    let blocks: DwarfBlock[] = [];
    for (const node of path.reverse()) {
      blocks.push(this.#block(node));
      if (node.kind === 'block') continue;
      const die = units.die(node.position);
      scopes.push({
        function: node.kind === 'inlined' ? this.#inlinedFunction(die) : this.#functions.read(node.position),
        inlined: node.kind === 'inlined',
        position,
        blocks,
      });
      blocks = [];
      position = lines.position(
        die.unit,
        die.number(At.callFile),
        die.number(At.callLine),
        die.number(At.callColumn) ?? 0,
      );
    }
    return scopes;
  }

  /** The nodes that contain an address, the function first. */
  pathTo(address: bigint): ScopeNode[] {
    const found = this.#functions.at(address);
    if (found === undefined) return [];
    const path: ScopeNode[] = [];
    let node: ScopeNode | undefined = this.tree(found.position);
    while (node !== undefined) {
      path.push(node);
      node = node.children.find((child) => contains(child.ranges, address));
    }
    return path;
  }

  tree(position: number): ScopeNode {
    return this.#trees.get(position, () => readScope(this.#functions.units.die(position), 'function', 0));
  }

  #inlinedFunction(die: Die): DwarfFunction {
    let abstract = die;
    for (const link of originChain(this.#functions.units, die)) {
      abstract = link;
      if (link.tag === Tag.subprogram) break;
    }
    return this.#functions.read(abstract.position);
  }

  #block(node: ScopeNode): DwarfBlock {
    const variables = this.#variables;
    return {
      kind: node.kind === 'block' ? 'block' : 'function',
      ranges: node.ranges,
      get variables() {
        return node.variables.map((position) => variables.read(position));
      },
    };
  }
}

export function contains(ranges: readonly AddressRange[], address: bigint): boolean {
  return ranges.some(({ start, end }) => address >= start && address < end);
}

function readScope(die: Die, kind: ScopeNode['kind'], depth: number): ScopeNode {
  if (depth > MAXIMUM_DEPTH) die.fail(`code nested more than ${MAXIMUM_DEPTH} levels deep`);
  const children: ScopeNode[] = [];
  const variables: number[] = [];
  for (const child of die.children()) {
    switch (child.tag) {
      case Tag.variable:
      case Tag.formalParameter:
        variables.push(child.position);
        break;
      case Tag.lexicalBlock:
      case Tag.inlinedSubroutine: {
        const inner = readScope(child, child.tag === Tag.lexicalBlock ? 'block' : 'inlined', depth + 1);
        // A block without code of its own still holds the names declared in it: they belong to the block around it.
        if (inner.ranges.length > 0) children.push(inner);
        else if (inner.kind === 'block') children.push(...inner.children);
        break;
      }
    }
  }
  const ranges = rangesOf(die);
  return { kind, position: die.position, ranges, entry: entryOf(die, ranges), children, variables };
}
