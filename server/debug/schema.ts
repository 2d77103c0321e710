/**
 * Typed shapes for what arrives from outside: each checks a value, says in one sentence what is wrong with it, and
 * describes itself as JSON Schema. One declaration so serves request arguments, launch attributes, package.json and
 * PROTOCOL.md, and they cannot drift apart. (A library would do the checking; none gives the sentence.)
 */

/** The part of JSON Schema that shapes produce. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly (string | number | boolean)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly default?: unknown;
}

/** A value that does not fit: `path` names it (`breakpoints[2].line`), `allowed` says what would fit. */
export class ShapeError extends Error {
  readonly path: string;
  readonly allowed: string;

  constructor(path: string, value: unknown, allowed: string) {
    super(
      value === undefined
        ? `'${path}' is missing; it must be ${allowed}.`
        : `'${path}' is ${brief(value)}; it must be ${allowed}.`,
    );
    this.path = path;
    this.allowed = allowed;
  }
}

/** Checks values of type T. `isOptional` marks a property that may be missing from its object. */
export interface Shape<T> {
  /** What fits, as it reads in an error message: "an integer from 1 to 8". */
  readonly allowed: string;
  readonly json: JsonSchema;
  readonly isOptional: boolean;
  /** Returns the value as T, or throws ShapeError; `path` names the value in the message. */
  check(value: unknown, path: string): T;
}

/** A shape whose property may be missing. */
export interface OptionalShape<T> extends Shape<T | undefined> {
  readonly isOptional: true;
}

export type TypeOf<S> = S extends Shape<infer T> ? T : never;

type Properties = Readonly<Record<string, Shape<unknown>>>;
type OptionalKeys<P extends Properties> = {
  [K in keyof P]: P[K] extends OptionalShape<unknown> ? K : never;
}[keyof P];

/** The object type of a set of properties. Checked objects carry no `undefined` members: what is missing is absent. */
export type ObjectOf<P extends Properties> = {
  readonly [K in Exclude<keyof P, OptionalKeys<P>>]: TypeOf<P[K]>;
} & {
  readonly [K in OptionalKeys<P>]?: Exclude<TypeOf<P[K]>, undefined>;
};

function shape<T>(allowed: string, json: JsonSchema, check: (value: unknown, path: string) => T): Shape<T> {
  return { allowed, json, isOptional: false, check };
}

function primitive<T>(allowed: string, json: JsonSchema, fits: (value: unknown) => boolean): Shape<T> {
  return shape(allowed, json, (value, path) => {
    if (!fits(value)) throw new ShapeError(path, value, allowed);
    return value as T;
  });
}

export const text = primitive<string>('a string', { type: 'string' }, (v) => typeof v === 'string');
export const flag = primitive<boolean>('true or false', { type: 'boolean' }, (v) => typeof v === 'boolean');

/** An integer that a double holds exactly, within bounds that default to the safe ones. */
export function integer(minimum?: number, maximum?: number): Shape<number> {
  const low = minimum ?? Number.MIN_SAFE_INTEGER;
  const high = maximum ?? Number.MAX_SAFE_INTEGER;
  const allowed =
    maximum !== undefined
      ? `an integer from ${low} to ${high}`
      : minimum !== undefined
        ? `an integer of ${low} or more`
        : 'an integer';
  const json = {
    type: 'integer',
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
  return primitive(
    allowed,
    json,
    (v) => Number.isSafeInteger(v) && (v as number) >= low && (v as number) <= high,
  );
}

const addressPattern = '^(0[xX][0-9a-fA-F]{1,17}|[0-9]{1,20})$';

function upTo(limit: bigint, allowed: string): Shape<bigint> {
  return shape<bigint>(allowed, { type: 'string', pattern: addressPattern }, (value, path) => {
    const parsed = typeof value === 'string' && new RegExp(addressPattern).test(value) ? BigInt(value) : -1n;
    if (parsed < 0n || parsed > limit) throw new ShapeError(path, value, allowed);
    return parsed;
  });
}

/** A 64-bit address or register value as it travels: `"0x…"`, or decimal digits. */
export const address = upTo((1n << 64n) - 1n, 'an address such as "0xffffffc0801a2000"');

/** The first address behind a range, which at the end of the address space is 2^64. */
export const endAddress = upTo(1n << 64n, 'an address such as "0xffffffc0801a2000"');

/** One of a few strings. */
export function oneOf<const T extends string>(...choices: readonly T[]): Shape<T> {
  const listed = choices.map((choice) => `"${choice}"`);
  const allowed =
    listed.length < 2
      ? listed.join('')
      : `one of ${listed.slice(0, -1).join(', ')} or ${listed.at(-1) ?? ''}`;
  return primitive(allowed, { type: 'string', enum: choices }, (v) => choices.some((choice) => choice === v));
}

/** The first of several shapes that fits. */
export function either<T>(...shapes: readonly Shape<T>[]): Shape<T> {
  const allowed = shapes.map((s) => s.allowed).join(' or ');
  return shape(allowed, { anyOf: shapes.map((s) => s.json) }, (value, path) => {
    for (const candidate of shapes) {
      try {
        return candidate.check(value, path);
      } catch (error) {
        // Deeper paths belong to a shape that fits as a whole: its complaint is the more precise one.
        if (!(error instanceof ShapeError)) throw error;
        if (error.path !== path) throw error;
      }
    }
    throw new ShapeError(path, value, allowed);
  });
}

export function list<T>(element: Shape<T>): Shape<readonly T[]> {
  const allowed = `a list, each element ${element.allowed}`;
  return shape(allowed, { type: 'array', items: element.json }, (value, path) => {
    if (!Array.isArray(value)) throw new ShapeError(path, value, allowed);
    return value.map((item, index) => element.check(item, `${path}[${index}]`));
  });
}

/** An object with arbitrary keys and values of one shape. */
export function dictionary<T>(element: Shape<T>): Shape<Readonly<Record<string, T>>> {
  const allowed = `an object, each value ${element.allowed}`;
  return shape(allowed, { type: 'object', additionalProperties: element.json }, (value, path) => {
    if (!isObject(value)) throw new ShapeError(path, value, allowed);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, element.check(item, `${path}.${key}`)]),
    );
  });
}

/** An object with named properties. Others are passed over: the protocol lets clients add their own. */
export function object<const P extends Properties>(properties: P): Shape<ObjectOf<P>> {
  const names = Object.keys(properties);
  const json: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, properties[name]!.json])),
    required: names.filter((name) => !properties[name]!.isOptional),
  };
  return shape('an object', json, (value, path) => {
    if (!isObject(value)) throw new ShapeError(path, value, 'an object');
    const checked: Record<string, unknown> = {};
    for (const name of names) {
      const property = properties[name]!;
      const given = value[name];
      if (given === undefined && property.isOptional) continue;
      // A checked optional property is never null: some clients send null for "not given".
      if (given === null && property.isOptional) continue;
      checked[name] = property.check(given, path === '' ? name : `${path}.${name}`);
    }
    return checked as ObjectOf<P>;
  });
}

export function optional<T>(inner: Shape<T>): OptionalShape<T> {
  return { ...inner, isOptional: true };
}

/** The same shape with a sentence about its meaning, and its default, for the schema. */
export function described<T, S extends Shape<T>>(description: string, inner: S, fallback?: unknown): S {
  const json = { ...inner.json, description, ...(fallback === undefined ? {} : { default: fallback }) };
  return { ...inner, json };
}

/** Anything at all: for values that are only handed back. */
export const anything = shape<unknown>('any value', {}, (value) => value);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function brief(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  const shown = json ?? String(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}
