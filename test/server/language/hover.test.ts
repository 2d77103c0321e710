/** Hovers over the real server on the bundled sample, and on kernels made for the purpose. */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildKernel, folderWith, LINKER_SCRIPT } from './kernel.ts';
import { Client, image } from './server.ts';

const SAMPLE = resolve('samples/resume-bug');
const ELF = join(SAMPLE, 'resume-bug.elf');

/** Objects of the sample as binutils see them: names by address. */
function objectsOf(section: string): string[] {
  const index = new RegExp(`\\[ *(\\d+)\\] ${section.replaceAll('.', '\\.')} `).exec(
    execFileSync('riscv64-linux-gnu-readelf', ['-SW', ELF], { encoding: 'utf8' }),
  )![1]!;
  const table = execFileSync('riscv64-linux-gnu-readelf', ['-sW', ELF], { encoding: 'utf8' });
  return [...table.matchAll(/^ *\d+: ([0-9a-f]+) +\d+ OBJECT +\w+ +\w+ +(\d+) (\S+)$/gm)]
    .filter((match) => match[2] === index)
    .sort((a, b) => (a[1]! < b[1]! ? -1 : 1))
    .map((match) => match[3]!);
}

function addressOf(name: string): string {
  const table = execFileSync('riscv64-linux-gnu-nm', [ELF], { encoding: 'utf8' });
  return `0x${new RegExp(`^([0-9a-f]+) . ${name}$`, 'm').exec(table)![1]!}`;
}

describe('Hovers on the sample', () => {
  let client: Client;
  beforeAll(async () => {
    client = await Client.start([image(ELF, { folder: SAMPLE })], [SAMPLE]);
  });
  afterAll(() => client.stop());

  const sealed = objectsOf('.data..ro_after_init');

  it.each([
    [
      'cpufeature.c',
      'struct cpu_caps cpu|_caps',
      [/^\*\*Sealed after init\*\* · `cpu_caps` · `__ro_after_init`/],
    ],
    ['cpufeature.c', '|cpu_caps.isa = this', [addressOf('cpu_caps'), 'Seal region `rodata (ro_after_init)`']],
    ['include/cpufeature.h', 'extern struct cpu_caps cpu_|caps', [addressOf('cpu_caps'), '64 bytes']],
    [
      'cpufeature.c',
      'cpu_caps |__ro_after_init',
      [`${sealed.length} objects in resume-bug.elf: \`${sealed[0]!}\``],
    ],
    ['include/kernel.h', '__section(".data..ro|_after', [`${sealed.length} objects`, 'linked `rw-`']],
    ['include/kernel.h', '__sec|tion(".data..ro', [`${sealed.length} objects`]],
    [
      'cpufeature.c',
      'static u32 __in|it',
      [/^\*\*`__init`\*\* Runs while the kernel boots only/, / functions in /],
    ],
    [
      'mm/rodata.c',
      'set_memory_ro(__start_ro|data',
      ['Start of a sealed region', addressOf('__start_rodata')],
    ],
    ['mm/rodata.c', 'u64 rodata_test|_data', ['**Read-only**', addressOf('rodata_test_data')]],
    ['power.c', '} suspend_|stats', ['On a sealed page, though not meant to be sealed']],
    ['head.S', 'init_|stack + THREAD', undefined],
    ['resume-bug.lds.S', '*(.data..ro_after|_init)', [`${sealed.length} objects`, 'sealed']],
    ['resume-bug.lds.S', '|.data..wake_table)', ['`wake_table`']],
    ['resume-bug.lds.S', '__end_ro|_after_init', ['Border of sealed memory']],
    ['resume-bug.lds.S', '.rodata|.*', ['Section `.rodata`']],
    ['resume-bug.lds.S', 'Sealed by |mark_rodata_ro', undefined],
    // What clangd and others say something about, and we nothing.
    ['cpufeature.c', 'struct cpu|_caps cpu_caps', undefined],
    ['cpufeature.c', 'void __init cpu_caps|_init', undefined],
    ['cpufeature.c', 'u32 let|ters', undefined],
    ['cpufeature.c', 'this|_cpu->isa', undefined],
    ['cpufeature.c', 'cpu_caps.compr|essed', undefined],
    ['cpufeature.c', '#include "cpu|feature.h"', undefined],
    ['cpufeature.c', '"CPU0: %|s', undefined],
  ] as const)('%s: %s', async (file, marked, expected) => {
    const path = join(SAMPLE, file);
    await client.open(path);
    const found = await client.hover(path, client.find(path, marked));
    if (expected === undefined) expect(found).toBeUndefined();
    for (const part of expected ?? [])
      expect(found?.text).toMatch(typeof part === 'string' ? literal(part) : part);
  });

  it('names the neighbours on the page, and not the symbol itself', async () => {
    const path = join(SAMPLE, 'cpufeature.c');
    await client.open(path);
    const { text } = (await client.hover(path, client.find(path, '|cpu_caps.isa')))!;
    const neighbours = /On this page too: (.*) and (\d+) more/.exec(text)!;
    const all = [...sealed, ...objectsOf('.data..suspend_stats')].filter((name) => name !== 'cpu_caps');
    const shown = neighbours[1]!.split(', ').map((name) => name.replaceAll('`', ''));
    expect(shown).toEqual(all.slice(0, shown.length));
    expect(Number(neighbours[2])).toBe(all.length - shown.length);
  });

  it('tells which symbol a session is to be asked about', async () => {
    const path = join(SAMPLE, 'cpufeature.c');
    await client.open(path);
    const at = client.find(path, '|cpu_caps.isa');
    expect(await client.symbol(path, at)).toEqual({
      name: 'cpu_caps',
      address: addressOf('cpu_caps'),
      image: ELF,
    });
    expect(await client.symbol(path, client.find(path, 'cpu_caps |__ro_after_init'))).toBeNull();
  });

  it('offers no more than hovers, links and definitions', () => {
    expect(Object.keys(client.initialized!.capabilities).sort()).toEqual(
      ['definitionProvider', 'documentLinkProvider', 'hoverProvider', 'textDocumentSync', 'workspace'].sort(),
    );
  });
});

/** Names followed by a + have a hover, those followed by a - have none. */
const MARKED_C = `
#define __ro_after_init __attribute__((section(".data..ro_after_init")))
#define state_of(state/*-*/) (state/*-*/ + ordinary/*-*/)
#define state_now() (state/*+*/)
struct caps { int state/*-*/; int sizes[4]; };
enum names { FIRST };
struct caps caps/*+*/ __ro_after_init = { .state/*-*/ = 1 };
int state/*+*/ __ro_after_init = 2;
int ordinary/*-*/ = 3;
int const table/*+*/[4] = { 1, 2, 3, 4 };
static int once/*+*/ __attribute__((section(".data..neighbour"))) = 5;
int old/*+*/ __attribute__((section(".data..read_only"))) = 6;
int early/*+*/ __attribute__((section(".init.data"))) = 7;
void prototype(int state/*-*/, struct caps *caps/*-*/);
/* state/*-*/
// state/*-*/
const char text[] = "state/*-*/";
int parameter(int state/*-*/)
{
	return state/*-*/ + 1;
}
int locals(void)
{
	int before = state/*+*/;
	{
		volatile int state/*-*/ = before;
		before += state/*-*/;
	}
	return before + caps/*+*/.state/*-*/ + once/*+*/ + early;
}
int statics(void)
{
	static int counter/*+*/ __ro_after_init = 8;
	static int plain/*-*/ = 9;
	return counter/*+*/++ + plain/*-*/++;
}
void _start(void) { parameter(state_of(state/*+*/) + state_now() + ordinary/*-*/ + old + table[1] + text[0]); locals(); statics(); }
`;

/** Another file of the image, with a static variable of the same name as a sealed one, and one that is not built. */
const OTHER_C = 'static volatile int state/*-*/ = 1; int other(void) { return state/*-*/++; }\n';
const UNBUILT_C = 'extern int state/*+*/; int f(void) { return state/*+*/; } int g = once/*-*/;\n';
const MARKED_S = `
	.section .data..ro_after_init/*+*/, "aw"
	.globl	vector/*+*/
vector/*+*/:	.dword 1	# state/*-*/
	.type vector, @object
	.size vector, 8
	.text
	la	a0, state/*+*/
	lla	a1, ordinary/*-*/	// state/*-*/
	.ascii	"state/*-*/"
`;
/** Stands for what rustc makes (no target for bare RISC-V can be assumed): a C object with the names it mangles. */
const MANGLED_C = `
#define SEALED __attribute__((section(".data..ro_after_init")))
long caps[4] __asm__("_RNvNtCshOA22o8Vxl7_4caps3cpu4CAPS") SEALED = { 1 };
long boot __asm__("_ZN4caps3cpu4BOOT17h9b036cc80629a759E") SEALED = 2;
long plain __asm__("_RNvNtCshOA22o8Vxl7_4caps3cpu8ORDINARY") = 3;
int cxx __asm__("_ZN6kernel4cpus5limitE") SEALED = 4;
`;
const MARKED_RS = `
#[link_section = ".data..ro_after_init"/*+*/]
pub static mut CAPS/*+*/: [u64; 4] = [1, 2, 3, 4];
pub static BOOT/*+*/: u64 = 2;
pub static mut ORDINARY/*-*/: u64 = 7;
/* /* nested */ CAPS/*-*/ */
pub fn caps<'a>(x: &'a str) -> u64 { let c = 'C'; unsafe { CAPS/*+*/[0] + x.CAPS/*-*/ } }
const T: &str = r#"CAPS/*-*/ "quoted" CAPS/*-*/"#;
`;
const MARKED_CPP = `
namespace kernel { namespace cpus { extern int limit/*+*/; } }
class Caps { int limit/*-*/; };
auto raw = R"x(limit/*-*/ )" limit/*-*/)x";
int f() { return kernel::cpus::limit/*+*/; }
`;
const MARKED_LDS = LINKER_SCRIPT.replace('__start_ro_after_init =', '__start_ro_after_init/*+*/ =')
  .replace('*(.data..ro_after_init)', '*(.data..ro_after_init/*+*/)')
  .replace('ALIGN', 'ALIGN/*-*/')
  .replace('.data..read_only', '.data..read_only/*+*/');

describe('Hovers in kernels made for the purpose', () => {
  const folder = folderWith({
    'kernel.lds': LINKER_SCRIPT,
    'main.c': MARKED_C,
    'other.c': OTHER_C,
    'vector.S': MARKED_S.replaceAll(/\/\*[+-]\*\//g, ''),
    'mangled.c': MANGLED_C,
    'unbuilt.c': UNBUILT_C,
  });
  const path = buildKernel(folder, ['main.c', 'other.c', 'vector.S', 'mangled.c']);
  let client: Client;
  beforeAll(async () => {
    client = await Client.start([image(path)], [folder]);
  });
  afterAll(() => client.stop());

  it.each([
    ['main.c', MARKED_C, 'c'],
    ['other.c', OTHER_C, 'c'],
    ['unbuilt.c', UNBUILT_C, 'c'],
    ['vector.S', MARKED_S, 'asm'],
    ['lib.rs', MARKED_RS, 'rust'],
    ['cpus.cpp', MARKED_CPP, 'cpp'],
    ['kernel.lds', MARKED_LDS, 'plaintext'],
  ])('%s: where they are and where not', async (name, text, language) => {
    const file = join(folder, name);
    await client.open(file, text, language);
    const marks = [...text.matchAll(/([\w.]+)"?\/\*([+-])\*\//g)];
    expect(marks.length).toBeGreaterThan(1);
    const wrong: string[] = [];
    for (const { 0: mark, 1: word, 2: sign, index } of marks) {
      const hover = await client.hover(file, index + 1);
      const line = text.slice(0, index).split('\n').length;
      if ((hover !== undefined) !== (sign === '+')) wrong.push(`${name}:${line} ${mark}: ${hover?.text}`);
      if (hover !== undefined) expect(hover.word).toContain(word);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['main.c', 'static int once', 'On a sealed page, though not meant to be sealed'],
    ['main.c', 'int old', 'Annotated, but in no sealed region'],
    ['main.c', 'int early', 'Not sealed'],
    ['main.c', 'static int counter', 'Sealed after init'],
    ['main.c', 'int const table', 'Read-only'],
  ])('%s: %s says "%s"', async (name, marked, headline) => {
    const file = join(folder, name);
    await client.open(file, MARKED_C, 'c');
    const hover = await client.hover(file, client.find(file, `${marked}|`));
    expect(hover?.text.startsWith(`**${headline}**`), hover?.text).toBe(true);
  });

  it('writes mangled names as paths', async () => {
    const file = join(folder, 'lib.rs');
    await client.open(file, MARKED_RS, 'rust');
    expect((await client.hover(file, client.find(file, 'mut |CAPS')))?.text).toContain('`caps::cpu::CAPS`');
    expect((await client.hover(file, client.find(file, 'static |BOOT')))?.text).toContain(
      '`caps::cpu::BOOT`',
    );
  });

  it('follows the launch configuration: what is sealed, and what happens then', async () => {
    const file = join(folder, 'main.c');
    await client.open(file, MARKED_C, 'c');
    const at = client.find(file, 'int |ordinary');
    expect(await client.hover(file, at)).toBeUndefined();
    await client.setImages([image(path, { sealed: ['mine=ordinary'], policy: 'write-once' })]);
    const text = (await client.hover(file, at))?.text;
    expect(text).toContain('Seal region `mine` (configured): a store after the seal is let through once');
    await client.setImages([image(path, { sealed: ['no_such_symbol'] })]);
    expect(await client.hover(file, at)).toBeUndefined();
    expect(await client.hover(file, client.find(file, 'int |state/*+*/'))).toBeDefined();
    expect(client.log.filter((line) => line.includes('no_such_symbol'))).toHaveLength(1);
    await client.setImages([image(path)]);
  });

  it('answers for files of its folder, and not for those of another project', async () => {
    await client.setImages([image(path, { folder: join(folder, 'kernel') })]);
    for (const [name, isThere] of [
      ['kernel/a.c', true],
      ['kernelish/a.c', false],
      ['a.c', false],
    ] as const) {
      const file = join(folder, name);
      await client.open(file, 'extern int state;', 'c');
      expect((await client.hover(file, 12)) !== undefined, name).toBe(isThere);
    }
    await client.setImages([image(path)]);
  });
});

const literal = (text: string): RegExp => new RegExp(text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
