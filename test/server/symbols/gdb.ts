/** gdb-multiarch as the oracle: one run answers a list of questions as JSON. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './fixtures.ts';

const SCRIPT = String.raw`
import gdb, json

def fields(type):
    result = []
    for field in type.fields():
        if not hasattr(field, 'bitpos'): continue
        result.append({'name': field.name or '', 'bit': field.bitpos, 'width': field.bitsize, 'type': str(field.type)})
    return result

def describe(question):
    kind = question['ask']
    if kind == 'type':
        type = gdb.lookup_type(question['name']) if 'name' in question else gdb.parse_and_eval(question['of']).type
        plain = type.strip_typedefs()
        composite = plain.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION, gdb.TYPE_CODE_ENUM)
        if plain.code == gdb.TYPE_CODE_ENUM:
            return {'size': plain.sizeof, 'name': str(type), 'constants': [[f.name, f.enumval] for f in plain.fields()]}
        return {'size': plain.sizeof, 'name': str(type), 'fields': fields(plain) if composite else []}
    if kind == 'value':
        value = gdb.parse_and_eval(question['of'])
        type = value.type.strip_typedefs()
        if question.get('number'):
            return str(int(value))
        return {'type': str(value.type), 'text': value.format_string()}
    if kind == 'run':
        return gdb.execute(question['command'], to_string=True)
    if kind == 'line':
        sal = gdb.find_pc_line(question['address'])
        return {'file': sal.symtab.filename if sal.symtab else None, 'line': sal.line, 'start': sal.pc, 'last': sal.last}
    if kind == 'stops':
        breakpoint = gdb.Breakpoint(question['at'])
        text = gdb.execute('info breakpoints ' + str(breakpoint.number), to_string=True)
        breakpoint.delete()
        return text
    if kind == 'frames':
        frame = gdb.newest_frame()
        result = []
        while frame is not None:
            # gdb guesses frames of functions that ended in a tail call; they are not on the stack.
            if frame.type() == gdb.TAILCALL_FRAME:
                frame = frame.older()
                continue
            sal = frame.find_sal()
            names = {}
            block = None
            try: block = frame.block()
            except RuntimeError: pass
            while block is not None:
                for symbol in block:
                    if (symbol.is_argument or symbol.is_variable) and symbol.name not in names:
                        try: names[symbol.name] = symbol.value(frame).format_string()
                        except Exception as problem: names[symbol.name] = '<error: %s>' % problem
                if block.function is not None: break
                block = block.superblock
            saved = {r: hex(int(frame.read_register(r)) & 0xffffffffffffffff) for r in question['registers']}
            result.append({'name': frame.name(), 'pc': hex(frame.pc()), 'line': sal.line, 'inlined': frame.type() == gdb.INLINE_FRAME, 'names': names, 'registers': saved})
            frame = frame.older()
        return result
    if kind == 'registers':
        frame = gdb.newest_frame()
        return {r: str(int(frame.read_register(r)) & 0xffffffffffffffff) for r in question['registers']}
    if kind == 'memory':
        address = int(gdb.parse_and_eval(question['at'])) & 0xffffffffffffffff
        try: return [str(address), bytes(gdb.selected_inferior().read_memory(address, question['length'])).hex()]
        except gdb.MemoryError: return [str(address), '']
    raise ValueError(kind)

answers = []
for question in json.load(open(QUESTIONS)):
    try: answers.append(describe(question))
    except Exception as problem: answers.append({'error': str(problem)})
json.dump(answers, open(ANSWERS, 'w'))
`;

export type Question =
  | { ask: 'type'; name?: string; of?: string }
  | { ask: 'value'; of: string; number?: boolean }
  | { ask: 'run'; command: string }
  | { ask: 'line'; address: string }
  | { ask: 'stops'; at: string }
  | { ask: 'frames'; registers: readonly string[] }
  | { ask: 'registers'; registers: readonly string[] }
  /** Where `at` evaluates to; empty where it cannot be read. */
  | { ask: 'memory'; at: string; length: number };

/** Asks gdb about a file; one answer for each question, `{error}` where gdb has none. */
export function askGdb(
  path: string,
  questions: readonly Question[],
  commands: readonly string[] = [],
): unknown[] {
  const directory = temporaryDirectory();
  const [asked, answered, script] = ['questions.json', 'answers.json', 'oracle.py'].map((name) =>
    join(directory, name),
  );
  // Addresses are written as numbers: JSON has no limit to their size, and Python none either.
  const json = JSON.stringify(questions).replace(
    /"address":"(0x[0-9a-f]+)"/g,
    (_, hex: string) => `"address":${BigInt(hex)}`,
  );
  writeFileSync(asked!, json);
  writeFileSync(
    script!,
    `QUESTIONS = ${JSON.stringify(asked)}\nANSWERS = ${JSON.stringify(answered)}\n${SCRIPT}`,
  );
  const settings = [
    'set print pretty off',
    'set pagination off',
    'set print max-depth unlimited',
    'set confirm off',
  ];
  const all = [...settings, ...commands, `source ${script!}`];
  execFileSync('gdb-multiarch', ['--batch', '-nx', ...all.flatMap((command) => ['-ex', command]), path], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return JSON.parse(readFileSync(answered!, 'utf8')) as unknown[];
}

/** A type as one can compare it: blanks set anyhow, and `long unsigned int` is `unsigned long`. */
export function spelled(type: string): string {
  return type
    .replace(/\blong unsigned int\b/g, 'unsigned long')
    .replace(/\blong int\b/g, 'long')
    .replace(/\bshort int\b/g, 'short')
    .replace(/\bshort unsigned int\b/g, 'unsigned short')
    .replace(/\s+/g, '');
}
