/** Frames, scopes, variables, expressions, memory and code of a guest that stands still. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { errorIds } from '../../../server/debug/errors.ts';
import { Client } from './dap/client.ts';
import { lineOf, sample, scenario, sourceFile } from './dap/guests.ts';
import { profiles } from './dap/profiles.ts';
import { overTcp } from './dap/wire.ts';

let client: Client;
let threadId: number;
let frames: DebugProtocol.StackFrame[];

beforeAll(async () => {
  client = new Client(await overTcp(), profiles.vscode);
  await client.request('initialize', profiles.vscode);
  await client.request('launch', scenario('resume-changed'));
  await client.expectInitialized();
  await client.request('configurationDone', {});
  threadId = (await client.expectStopped('exception')).threadId!;
  ({ stackFrames: frames } = await client.request('stackTrace', { threadId }));
});
afterAll(() => client.disconnect());

const evaluate = (expression: string, more: Partial<DebugProtocol.EvaluateArguments> = {}) =>
  client.request('evaluate', { expression, frameId: frames[0]!.id, context: 'watch', ...more });

async function scope(name: string, frame = 0): Promise<number> {
  const { scopes } = await client.request('scopes', { frameId: frames[frame]!.id });
  return scopes.find((candidate) => candidate.name === name)!.variablesReference;
}

async function variable(reference: number, name: string): Promise<DebugProtocol.Variable> {
  const { variables } = await client.request('variables', { variablesReference: reference });
  return variables.find((candidate) => candidate.name === name)!;
}

describe('threads', () => {
  it('are harts, and their names say their state', async () => {
    const { threads } = await client.request('threads', {});
    expect(threads.map(({ id }) => id)).toEqual([1, 2]);
    expect(threads[threadId - 1]!.name).toMatch(/^hart \d \(S-mode\)$/);
  });

  it('that do not exist are refused by name', async () => {
    const error = await client.expectError('stackTrace', { threadId: 9 });
    expect(error).toMatchObject({ id: errorIds.unknownThread });
    expect(error.format).toMatch(/There is no thread 9; thread ids are hart \+ 1: 1 to 2/);
  });
});

describe('stackTrace', () => {
  it('comes in pages that make up the whole', async () => {
    const all = await client.request('stackTrace', { threadId });
    const paged: DebugProtocol.StackFrame[] = [];
    for (let startFrame = 0; startFrame < all.totalFrames!; startFrame++) {
      const { stackFrames, totalFrames } = await client.request('stackTrace', {
        threadId,
        startFrame,
        levels: 1,
      });
      expect(totalFrames).toBe(all.totalFrames);
      paged.push(...stackFrames);
    }
    expect(paged).toEqual(all.stackFrames);
  });

  it('names frames as the client formats them', async () => {
    const format = { module: true, parameters: true, parameterNames: true, line: true };
    const { stackFrames } = await client.request('stackTrace', { threadId, levels: 1, format });
    expect(stackFrames[0]!.name).toMatch(/^resume-bug\.elf!cpu_detect_features\(\) Line \d+$/);
  });

  it('keeps its ids while the guest stands still', async () => {
    const again = await client.request('stackTrace', { threadId });
    expect(again.stackFrames).toEqual(frames);
  });

  it('names file, line and instruction', () => {
    expect(frames[0]).toMatchObject({
      source: { name: 'cpufeature.c', path: sourceFile('cpufeature.c') },
      presentationHint: 'normal',
      moduleId: 0,
    });
    expect(frames[0]!.instructionPointerReference).toMatch(/^0xffffffff80/);
  });
});

describe('variables', () => {
  it('of a structure come by name, with types and expressions that lead back to them', async () => {
    const caps = await evaluate('cpu_caps');
    expect(caps).toMatchObject({ type: 'struct cpu_caps' });
    const features = await variable(caps.variablesReference, 'features');
    expect(features).toMatchObject({ type: 'struct cpu_feature[3]', indexedVariables: 3 });
    const second = await variable(features.variablesReference, '[2]');
    const bits = await variable(second.variablesReference, 'bits');
    expect(bits).toMatchObject({ value: '21', type: 'u32', variablesReference: 0 });
    expect((await evaluate(bits.evaluateName!)).result).toBe('21');
  });

  it('of an array come in pages', async () => {
    const { variablesReference, indexedVariables } = await evaluate('log_buf');
    expect(indexedVariables).toBeGreaterThan(1000);
    const page = await client.request('variables', {
      variablesReference,
      filter: 'indexed',
      start: 500,
      count: 3,
    });
    expect(page.variables.map(({ name }) => name)).toEqual(['[500]', '[501]', '[502]']);
    const none = await client.request('variables', { variablesReference, filter: 'named' });
    expect(none.variables).toEqual([]);
  });

  it('are hexadecimal when the client asks for it', async () => {
    const { result } = await evaluate('cpu_caps.features[2].bits', { format: { hex: true } });
    expect(result).toBe('0x15');
  });

  it('bit fields are read and written alone', async () => {
    const features = await evaluate('cpu_caps.features[2]');
    const set = await client.request('setVariable', {
      variablesReference: features.variablesReference,
      name: 'word',
      value: '5',
    });
    expect(set.value).toBe('5');
    expect(await client.expect('memory')).toMatchObject({ count: expect.any(Number) as number });
    await client.expect('invalidated');
    expect((await evaluate('cpu_caps.features[2].asks_firmware')).result).toMatch(/^1/);
    await client.request('setExpression', {
      expression: 'cpu_caps.features[2].word',
      value: '2',
      frameId: frames[0]!.id,
    });
    await client.expect('memory');
    await client.expect('invalidated');
    expect((await evaluate('cpu_caps.features[2].word')).result).toMatch(/^2/);
  });

  it('of the unit of a frame are there, lazily', async () => {
    const { scopes } = await client.request('scopes', { frameId: frames[0]!.id });
    const names = scopes.map(({ name }) => name);
    expect(names).toEqual(['Sealed write', 'Locals', 'Globals', 'Registers', 'CSRs']);
    expect(scopes.find(({ name }) => name === 'Globals')).toMatchObject({ expensive: true });
    expect(await variable(await scope('Globals'), 'cpu_caps')).toBeDefined();
  });

  it('floating-point registers take numbers as they are, and hexadecimal digits as bits', async () => {
    const variablesReference = await scope('Registers');
    const set = async (value: string): Promise<string> => {
      const done = await client.request('setVariable', { variablesReference, name: 'ft11', value });
      await client.expect('invalidated');
      return done.value;
    };
    expect(await set('1.5')).toBe('1.5 <double 0x3ff8000000000000>');
    expect(await set('0xffffffff3fc00000')).toBe('1.5 <float 0xffffffff3fc00000>');
    expect(await set('0.25 <float 0xffffffff3fc00000>')).toBe('0.25 <float 0xffffffff3e800000>');
    expect(await set('0x5')).toBe('0x0000000000000005');
    expect(await variable(variablesReference, 'ft11')).toMatchObject({ type: 'register f31' });
  });

  it('keep their references while the guest stands still', async () => {
    expect(await scope('Locals')).toBe(await scope('Locals'));
    expect((await evaluate('cpu_caps')).variablesReference).toBe(
      (await evaluate('cpu_caps')).variablesReference,
    );
  });

  it('that cannot be set say why', async () => {
    const wrong = { variablesReference: await scope('Globals'), name: 'cpu_caps', value: 'nonsense(' };
    expect((await client.expectError('setVariable', wrong)).id).toBe(errorIds.expression);
    const missing = { variablesReference: await scope('Globals'), name: 'no_such', value: '1' };
    expect((await client.expectError('setVariable', missing)).id).toBe(errorIds.notPossible);
    expect((await client.expectError('variables', { variablesReference: 99_999 })).id).toBe(
      errorIds.staleReference,
    );
  });
});

describe('registers', () => {
  it('are set by expressions, and put back', async () => {
    const reference = await scope('Registers');
    const before = await variable(reference, 's1');
    const set = await client.request('setVariable', {
      variablesReference: reference,
      name: 's1',
      value: 'sizeof(cpu_caps)',
    });
    expect(set.value).toMatch(/^0x0{13}\w{3}/);
    await client.expect('invalidated');
    expect((await evaluate('$s1', { format: { hex: true } })).result).toMatch(/^0x/);
    // As it was shown, with the symbol behind it.
    await client.request('setVariable', { variablesReference: reference, name: 's1', value: before.value });
    await client.expect('invalidated');
    expect((await variable(reference, 's1')).value).toBe(before.value);
  });

  it('of an outer frame are its own, and cannot be set', async () => {
    const inner = await variable(await scope('Registers'), 'pc');
    const outer = await variable(await scope('Registers', 1), 'pc');
    expect(outer.value).not.toBe(inner.value);
    const set = { variablesReference: await scope('Registers', 1), name: 's1', value: '1' };
    expect((await client.expectError('setVariable', set)).id).toBe(errorIds.notSettable);
  });

  it('CSRs come with their fields', async () => {
    const csrs = await scope('CSRs');
    const satp = await variable(csrs, 'satp');
    const mode = await variable(satp.variablesReference, 'MODE');
    expect(mode.value).toMatch(/8.*Sv39/);
    const status = await variable(csrs, 'sstatus');
    const sum = await variable(status.variablesReference, 'SUM');
    const flipped = sum.value.startsWith('0') ? '1' : '0';
    const set = { variablesReference: status.variablesReference, name: 'SUM', value: flipped };
    expect((await client.request('setVariable', set)).value).toMatch(new RegExp(`^${flipped}`));
    await client.expect('invalidated');
    await client.request('setVariable', { ...set, value: sum.value.slice(0, 1) });
    await client.expect('invalidated');
    const tooWide = { ...set, value: '2' };
    expect((await client.expectError('setVariable', tooWide)).id).toBe(errorIds.notSettable);
  });
});

describe('evaluate', () => {
  const expressions: readonly [string, RegExp][] = [
    ['sizeof(struct cpu_caps)', /^\d+$/],
    ['cpu_caps.features[1 + 1].bits & 0x10', /^16$/],
    ['&cpu_caps.features[2]', /^\(struct cpu_feature \*\) 0x|^0x/],
    ['*cpu_caps.features[2].name', /^112 'p'|^'p'/],
    ['(u8)0x1ff', /^255/],
    ['system_state == SYSTEM_SUSPEND || system_state == SYSTEM_RUNNING', /^(1|true)$/],
    ['$pc == (u64)cpu_detect_features + 0x5c', /^1$/],
    ['*(int *)0', /^<.+>$/],
  ];
  it.each(expressions)('%s', async (expression, result) => {
    expect((await evaluate(expression)).result).toMatch(result);
  });

  const wrong: readonly [string, RegExp][] = [
    ['cpu_capz', /cpu_capz/],
    ['cpu_caps.', /.+/],
    ['1 +', /.+/],
    ['', /.+/],
  ];
  it.each(wrong)('"%s" is an error of the request', async (expression, text) => {
    const error = await client.expectError('evaluate', {
      expression,
      frameId: frames[0]!.id,
      context: 'watch',
    });
    expect(error).toMatchObject({ id: errorIds.expression, showUser: true });
    expect(error.format).toMatch(text);
  });

  it('assigns in the REPL, once, and never where clients evaluate by themselves', async () => {
    const count = async () => (await evaluate('suspend_stats.success')).result;
    const before = await count();
    for (const context of ['watch', 'hover', 'clipboard'])
      for (const expression of ['suspend_stats.success = 40', 'suspend_stats.success += 1', '$s1 = 0']) {
        const args = { expression, frameId: frames[0]!.id, context };
        const error = await client.expectError('evaluate', args);
        expect(error.format).toMatch(/would change the guest/);
      }
    expect(await count()).toBe(before);
    for (const value of ['40', before]) {
      await evaluate(`suspend_stats.success = ${value}`, { context: 'repl' });
      await client.expect('memory');
      await client.expect('invalidated');
      expect(await count()).toBe(value);
    }
  });

  it('verbs work in the REPL and nowhere else', async () => {
    const help = await client.request('evaluate', { expression: 'help', context: 'repl' });
    expect(help.result).toMatch(/fault/);
    for (const verb of ['seals', 'pt &cpu_caps'])
      expect((await client.request('evaluate', { expression: verb, context: 'repl' })).result).not.toBe('');
    await client.expectError('evaluate', {
      expression: 'fault skip',
      frameId: frames[0]!.id,
      context: 'hover',
    });
    expect((await client.request('sealscope/fault', {})).chosen).toBe('oops');
    const usage = await client.expectError('evaluate', { expression: 'fault perhaps', context: 'repl' });
    expect(usage.format).toMatch(/retry/);
  });

  it('verbs and their arguments are completed', async () => {
    const complete = async (text: string) =>
      (await client.request('completions', { text, column: text.length + 1, frameId: frames[0]!.id }))
        .targets;
    expect((await complete('fa')).map(({ label }) => label)).toContain('fault');
    const choices = await complete('fault re');
    expect(choices).toContainEqual(expect.objectContaining({ label: 'retry', start: 6, length: 2 }));
  });
});

describe('memory', () => {
  const at = async (expression: string) =>
    (await evaluate(expression, { format: { hex: true } })).memoryReference!;

  it('is read and written, and views are told', async () => {
    const memoryReference = await at('cpu_caps.features[2].bits');
    const read = async () => {
      const { data } = await client.request('readMemory', { memoryReference, count: 4 });
      return Buffer.from(data!, 'base64').readUInt32LE();
    };
    expect(await read()).toBe(21);
    const write = async (value: number) => {
      const data = Buffer.from(Uint32Array.of(value).buffer).toString('base64');
      expect(await client.request('writeMemory', { memoryReference, data })).toEqual({
        offset: 0,
        bytesWritten: 4,
      });
      expect(await client.expect('memory')).toMatchObject({ count: 4 });
      await client.expect('invalidated');
    };
    await write(99);
    expect((await evaluate('cpu_caps.features[2].bits')).result).toBe('99');
    await write(21);
    expect(await read()).toBe(21);
  });

  it('that is not mapped is told from memory that is', async () => {
    const nothing = await client.request('readMemory', { memoryReference: '0x10', count: 64 });
    expect(nothing).toMatchObject({ address: '0x10', unreadableBytes: 64 });
    expect(nothing.data).toBeUndefined();
    const data = Buffer.from([1]).toString('base64');
    expect((await client.expectError('writeMemory', { memoryReference: '0x10', data })).showUser).toBe(true);
    const partial = await client.request('writeMemory', {
      memoryReference: '0x10',
      data,
      allowPartial: true,
    });
    expect(partial.bytesWritten).toBe(0);
  });

  it.each([
    ['a reference that is none', { memoryReference: 'cpu_caps', count: 4 }],
    ['a negative count', { memoryReference: '0x0', count: -1 }],
    ['a count beyond reason', { memoryReference: '0x0', count: 2 ** 40 }],
  ])('%s is refused', async (_what, args) => {
    expect((await client.expectError('readMemory', args)).id).toBe(errorIds.badArguments);
  });

  it('Base64 that is none is refused', async () => {
    const memoryReference = await at('cpu_caps');
    const error = await client.expectError('writeMemory', { memoryReference, data: '***' });
    expect(error.id).toBe(errorIds.badArguments);
  });
});

describe('disassemble', () => {
  const disassemble = async (instructionOffset: number, instructionCount: number) => {
    const memoryReference = frames[0]!.instructionPointerReference!;
    const args = { memoryReference, instructionOffset, instructionCount, resolveSymbols: true };
    return (await client.request('disassemble', args)).instructions;
  };

  it('gives as many instructions as were asked for, before and behind, in one chain', async () => {
    const around = await disassemble(-20, 50);
    expect(around).toHaveLength(50);
    expect(around[20]!.address).toBe(frames[0]!.instructionPointerReference);
    for (const [index, { address, instructionBytes }] of around.slice(0, -1).entries()) {
      const size = BigInt((instructionBytes!.length + 1) / 3);
      expect(BigInt(around[index + 1]!.address)).toBe(BigInt(address) + size);
    }
  });

  it('is the same from whichever side one comes', async () => {
    const back = await disassemble(-30, 30);
    const onwards = await disassemble(-30, 60);
    const strip = (list: readonly DebugProtocol.DisassembledInstruction[]) =>
      list.map(({ address, instruction, instructionBytes }) => ({ address, instruction, instructionBytes }));
    expect(strip(onwards.slice(0, 30))).toEqual(strip(back));
    expect(strip(onwards.slice(40))).toEqual(strip(await disassemble(10, 20)));
  });

  it('shows source and symbols', async () => {
    const [first] = await disassemble(0, 1);
    expect(first).toMatchObject({
      symbol: expect.stringMatching(/^cpu_detect_features\+0x/) as string,
      location: { path: sourceFile('cpufeature.c') },
      line: lineOf('cpufeature.c', 'cpu_caps.features[FEATURE_PM].bits = pm'),
    });
  });

  it('of what is not mapped says so', async () => {
    const { instructions } = await client.request('disassemble', {
      memoryReference: '0x10',
      instructionCount: 3,
    });
    expect(instructions).toHaveLength(3);
    expect(instructions.map(({ presentationHint }) => presentationHint)).toEqual([
      'invalid',
      'invalid',
      'invalid',
    ]);
  });
});

describe('sources', () => {
  it('modules are images', async () => {
    const { modules, totalModules } = await client.request('modules', {});
    expect(modules).toHaveLength(totalModules!);
    expect(modules[0]).toMatchObject({ name: 'resume-bug.elf', path: sample });
  });

  it('are listed with paths on this host', async () => {
    const { sources } = await client.request('loadedSources', {});
    expect(sources.map(({ path }) => path)).toContain(sourceFile('cpufeature.c'));
  });

  it('are read, or missed with a hint', async () => {
    const { content } = await client.request('source', {
      source: { path: sourceFile('cpufeature.c') },
      sourceReference: 0,
    });
    expect(content).toMatch(/cpu_detect_features/);
    const missing = await client.expectError('source', {
      source: { path: '/nowhere/kernel.c' },
      sourceReference: 0,
    });
    expect(missing).toMatchObject({ id: errorIds.sourceUnavailable });
    expect(missing.format).toMatch(/kernel\.c.*sourceMap/);
  });

  it('are read only where the debug information names them', async () => {
    for (const path of [sample, '/etc/hostname', `${sourceFile('cpufeature.c')}/../resume-bug.elf`]) {
      const refused = await client.expectError('source', { source: { path }, sourceReference: 0 });
      expect(refused).toMatchObject({ id: errorIds.sourceUnavailable });
      expect(refused.format).toMatch(/names no source/);
    }
  });
});
