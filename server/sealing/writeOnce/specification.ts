/**
 * What write-once memory is in a guest: the functions that allocate, initialise and free its objects, and where they have
 * their arguments. As a launch attribute this is JSON:
 *
 *   [{ "name": "cred",
 *      "alloc":    { "function": "kmem_cache_alloc", "object": "return", "size": "cache->size", "cache": "cache->name" },
 *      "initOnce": { "function": "kmem_cache_init_once", "object": "a1", "callback": "init" },
 *      "free":     { "function": "kmem_cache_free", "object": "a1" },
 *      "makeWritable": ["kmem_cache_make_writable"],
 *      "closedIn": ["handle_exception"] }]
 *
 * An argument is a register (`a0` to `a7`), `return` (what the function has returned), or a C expression over the
 * function's parameters, evaluated at its first instruction. In place of the three functions, `"markers": true` stands
 * for markers that the guest executes.
 */
export type WriteOnceSpec = FunctionsSpec | MarkedSpec;

interface SpecBase {
  /** What the memory is called in reports. Default: init-once's function. */
  readonly name: string;
  /** Functions that only make an object writable: their existence is the flaw. */
  readonly makeWritable: readonly string[];
  /** Functions that must not run on a hart that has a window open: trap handlers, the scheduler. */
  readonly closedIn: readonly string[];
}

/** Memory whose functions are known by name. */
export interface FunctionsSpec extends SpecBase {
  readonly alloc: AllocHook;
  readonly initOnce: InitHook;
  readonly free: ObjectHook;
}

/** Memory whose guest executes markers (docs/write-once.md). */
export interface MarkedSpec extends SpecBase {
  readonly markers: true;
}

export interface ObjectHook {
  readonly function: string;
  /** The object's address. */
  readonly object: string;
}

export interface AllocHook extends ObjectHook {
  /** Bytes of the object. */
  readonly size: string;
  /** What the objects are called: a pointer to text, or a number. */
  readonly cache?: string | undefined;
}

export interface InitHook extends ObjectHook {
  /** The function that it calls to write the object. Without it all of init-once may. */
  readonly callback?: string | undefined;
}

/** A specification that cannot be used; the message names the attribute and says what it has to be. */
export class WriteOnceSpecError extends Error {
  override readonly name = 'WriteOnceSpecError';
}

const MEMBERS = {
  alloc: { required: ['function', 'size'], optional: ['object', 'cache'] },
  initOnce: { required: ['function', 'object'], optional: ['callback'] },
  free: { required: ['function', 'object'], optional: [] },
} as const;
const FUNCTIONS = Object.keys(MEMBERS);
const ATTRIBUTES = ['name', ...FUNCTIONS, 'markers', 'makeWritable', 'closedIn'];

/**
 * Checks untyped JSON.
 * @param name Of the attribute, for messages.
 * @throws WriteOnceSpecError.
 */
export function readWriteOnceSpecs(name: string, value: unknown): WriteOnceSpec[] {
  if (!Array.isArray(value)) throw wrong(name, value, 'a list of objects, one for each kind of memory');
  return value.map((entry, index) => readSpec(`${name}[${index}]`, entry));
}

function readSpec(name: string, value: unknown): WriteOnceSpec {
  const spec = record(name, value);
  for (const attribute of Object.keys(spec))
    if (!ATTRIBUTES.includes(attribute))
      throw new WriteOnceSpecError(`"${name}" has no "${attribute}"; there are ${ATTRIBUTES.join(', ')}`);
  const makeWritable = texts(`${name}.makeWritable`, spec['makeWritable']);
  const closedIn = texts(`${name}.closedIn`, spec['closedIn']);
  const given = spec['name'] === undefined ? undefined : text(`${name}.name`, spec['name']);
  if (spec['markers'] !== undefined) {
    if (spec['markers'] !== true) throw wrong(`${name}.markers`, spec['markers'], 'true, or missing');
    const other = FUNCTIONS.find((each) => spec[each] !== undefined);
    if (other !== undefined)
      throw new WriteOnceSpecError(`"${name}" has "markers" and "${other}"; give markers or functions`);
    return { name: given ?? 'write-once memory', markers: true, makeWritable, closedIn };
  }
  const alloc = readHook(name, 'alloc', spec['alloc']);
  const initOnce = readHook(name, 'initOnce', spec['initOnce']);
  const free = readHook(name, 'free', spec['free']);
  return {
    name: given ?? initOnce.function!,
    alloc: {
      function: alloc.function!,
      object: alloc.object ?? 'return',
      size: alloc.size!,
      cache: alloc.cache,
    },
    initOnce: { function: initOnce.function!, object: initOnce.object!, callback: initOnce.callback },
    free: { function: free.function!, object: free.object! },
    makeWritable,
    closedIn,
  };
}

/** Functions that open windows by contract. */
export function openersOf(specs: readonly WriteOnceSpec[]): string[] {
  return specs.flatMap((spec) => ('markers' in spec ? [] : [spec.initOnce.function, spec.free.function]));
}

type HookTexts = Partial<Record<'function' | 'object' | 'size' | 'cache' | 'callback', string>>;

function readHook(of: string, which: keyof typeof MEMBERS, value: unknown): HookTexts {
  const name = `${of}.${which}`;
  const hook = record(name, value);
  const { required, optional } = MEMBERS[which];
  const known: readonly string[] = [...required, ...optional];
  for (const member of Object.keys(hook))
    if (!known.includes(member))
      throw new WriteOnceSpecError(`"${name}" has no "${member}"; there are ${known.join(', ')}`);
  const result: Record<string, string> = {};
  for (const member of known) {
    const given = hook[member];
    if (given === undefined && !(required as readonly string[]).includes(member)) continue;
    result[member] = text(`${name}.${member}`, typeof given === 'number' ? String(given) : given);
  }
  return result;
}

function record(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(name, value, 'an object');
  return value as Record<string, unknown>;
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') throw wrong(name, value, 'a non-empty text');
  return value.trim();
}

function texts(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(name, value, 'a list of texts');
  return value.map((entry) => text(name, entry));
}

function wrong(name: string, value: unknown, wanted: string): WriteOnceSpecError {
  const shown = (JSON.stringify(value) as string | undefined) ?? 'missing';
  return new WriteOnceSpecError(`"${name}" is ${shown}, but has to be ${wanted}`);
}
