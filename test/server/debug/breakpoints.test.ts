/** Breakpoints of every kind, their conditions, hit counts and log messages; exception filters. */
import { describe, expect, it } from 'vitest';
import { errorIds } from '../../../server/debug/errors.ts';
import type { Client } from './dap/client.ts';
import { assemble, lineOf, sample, scenario, sourceFile } from './dap/guests.ts';
import { atEntry, launched, running } from './dap/start.ts';

const source = { path: sourceFile('cpufeature.c') };
const line = lineOf('cpufeature.c', 'cpu_caps.features[FEATURE_PM].bits = pm');

async function goOn(client: Client): Promise<void> {
  await client.request('continue', { threadId: 1 });
}

const at = async (client: Client, expression: string) =>
  (await client.request('evaluate', { expression, context: 'watch' })).result;

describe('on a line', () => {
  it('stops there, on each hart that comes by, and names the breakpoint', async () => {
    const client = await launched(scenario('none'));
    const { breakpoints } = await client.request('setBreakpoints', { source, breakpoints: [{ line }] });
    expect(breakpoints).toMatchObject([{ verified: true, line, source }]);
    await client.request('configurationDone', {});
    for (const threadId of [1, 2]) {
      const stopped = await client.expectStopped('breakpoint');
      expect(stopped).toMatchObject({
        threadId,
        hitBreakpointIds: [breakpoints[0]!.id],
        allThreadsStopped: true,
      });
      await goOn(client);
    }
    await client.expectExited();
    await client.disconnect();
  });

  it('without code moves to the next one; outside of the file it says so', async () => {
    const client = await launched(scenario('none'));
    const comment = lineOf('cpufeature.c', 'What a hart finds out by asking');
    const { breakpoints } = await client.request('setBreakpoints', {
      source,
      breakpoints: [{ line: comment }, { line: 100_000 }],
    });
    expect(breakpoints[0]).toMatchObject({ verified: true });
    expect(breakpoints[0]!.line).toBeGreaterThan(comment);
    expect(breakpoints[1]).toMatchObject({ verified: false });
    expect(breakpoints[1]!.message).not.toBe('');
    const elsewhere = await client.request('setBreakpoints', {
      source: { path: '/nowhere/else.c' },
      breakpoints: [{ line: 1 }],
    });
    expect(elsewhere.breakpoints[0]).toMatchObject({ verified: false });
    await client.disconnect();
  });

  it('replaces those set before in the same file', async () => {
    const client = await launched(scenario('none'));
    await client.request('setBreakpoints', { source, breakpoints: [{ line }] });
    await client.request('setBreakpoints', { source, breakpoints: [] });
    await client.request('configurationDone', {});
    await client.expectExited();
    await client.disconnect();
  });

  it('can be where breakpointLocations says', async () => {
    const client = await launched(scenario('none'));
    const { breakpoints } = await client.request('breakpointLocations', {
      source,
      line: line - 3,
      endLine: line + 3,
    });
    expect(breakpoints.map((place) => place.line)).toContain(line);
    await client.disconnect();
  });
});

describe('with conditions', () => {
  const conditions: readonly [string, { condition?: string; hitCondition?: string }, number][] = [
    ['that hold', { condition: 'pm != 0' }, 2],
    ['that do not hold', { condition: 'pm == 1234' }, 0],
    ['on a hart', { condition: '$tp != 0' }, 2],
    ['from the second hit', { hitCondition: '2' }, 1],
    ['beyond the last hit', { hitCondition: '>2' }, 0],
    ['left blank', { condition: '', hitCondition: ' ' }, 2],
  ];
  it.each(conditions)('%s', async (_what, extras, stops) => {
    const client = await launched(scenario('none'));
    await client.request('setBreakpoints', { source, breakpoints: [{ line, ...extras }] });
    await client.request('configurationDone', {});
    for (let count = 0; count < stops; count++) {
      await client.expectStopped('breakpoint');
      await goOn(client);
    }
    await client.expectExited();
    await client.disconnect();
  });

  it('a hit condition that is none is told at once', async () => {
    const client = await launched(scenario('none'));
    const { breakpoints } = await client.request('setBreakpoints', {
      source,
      breakpoints: [{ line, hitCondition: 'often' }],
    });
    expect(breakpoints[0]).toMatchObject({ verified: false });
    expect(breakpoints[0]!.message).toMatch(/often/);
    await client.disconnect();
  });

  it.each(['(((', 'pm ==', '1 2', '"'])(
    'a condition %s is no expression, and told at once',
    async (condition) => {
      const client = await launched(scenario('none'));
      const { breakpoints } = await client.request('setBreakpoints', {
        source,
        breakpoints: [{ line, condition }, { line }],
      });
      expect(breakpoints).toMatchObject([
        { verified: false, message: expect.stringContaining(`condition "${condition}": `) as string },
        { verified: true },
      ]);
      await client.disconnect();
    },
  );

  it.each(['no_such > 1', '(unsigned long)pm && (struct nothing *)pm', '$a0 == 1'])(
    'a condition %s is one, whatever its names are',
    async (condition) => {
      const client = await launched(scenario('none'));
      const { breakpoints } = await client.request('setBreakpoints', {
        source,
        breakpoints: [{ line, condition }],
      });
      expect(breakpoints).toMatchObject([{ verified: true }]);
      await client.disconnect();
    },
  );

  it('a condition that cannot be evaluated stops, and says why', async () => {
    const client = await launched(scenario('none'));
    await client.request('setBreakpoints', {
      source,
      breakpoints: [{ line, condition: 'no_such_variable > 1' }],
    });
    await client.request('configurationDone', {});
    expect((await client.expectStopped('breakpoint')).text).toMatch(/no_such_variable/);
    await client.disconnect();
  });

  it('a log message is printed, and nothing stops', async () => {
    const client = await launched(scenario('none'));
    await client.request('setBreakpoints', {
      source,
      breakpoints: [{ line, logMessage: 'found {pm}, {{as is}}' }],
    });
    await client.request('configurationDone', {});
    await client.expectExited();
    expect(client.takeOutput('console').match(/found 21, \{as is\}/g)).toHaveLength(2);
    await client.disconnect();
  });
});

it('on a function: by name, and not on one that does not exist', async () => {
  const client = await launched(scenario('none'));
  const { breakpoints } = await client.request('setFunctionBreakpoints', {
    breakpoints: [{ name: 'mark_rodata_ro' }, { name: 'no_such_function' }],
  });
  expect(breakpoints).toMatchObject([{ verified: true }, { verified: false }]);
  await client.request('configurationDone', {});
  await client.expectStopped('function breakpoint');
  const { stackFrames } = await client.request('stackTrace', { threadId: 1, levels: 1 });
  expect(stackFrames[0]!.name).toBe('mark_rodata_ro');
  await client.disconnect();
});

it('shows the parameters of a function, when asked to', async () => {
  const client = await launched(scenario('none'));
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'cpu_up' }] });
  await client.request('configurationDone', {});
  await client.expectStopped('function breakpoint');
  const format = { parameters: true, parameterTypes: true, parameterNames: true, parameterValues: true };
  const { stackFrames } = await client.request('stackTrace', { threadId: 1, levels: 1, format });
  expect(stackFrames[0]!.name).toBe('cpu_up(unsigned int id = 1)');
  await client.disconnect();
});

it('on an instruction, with an offset', async () => {
  const client = await atEntry(scenario('none'));
  const entry = await client.request('evaluate', { expression: '&start_kernel', context: 'watch' });
  const { breakpoints } = await client.request('setInstructionBreakpoints', {
    breakpoints: [{ instructionReference: entry.memoryReference!, offset: 0 }],
  });
  expect(breakpoints).toMatchObject([{ verified: true, instructionReference: entry.memoryReference }]);
  await goOn(client);
  await client.expectStopped('instruction breakpoint');
  expect(await at(client, '$pc == (u64)&start_kernel')).toMatch(/1|true/);
  await client.disconnect();
});

describe('on data', () => {
  it('stops before each write of a member, with the value that comes', async () => {
    const client = await atEntry(scenario('none'));
    const info = await client.request('dataBreakpointInfo', { name: 'cpu_caps.features[2].bits' });
    expect(info.dataId).toMatch(/^0x[0-9a-f]+\/4$/);
    const { breakpoints } = await client.request('setDataBreakpoints', {
      breakpoints: [{ dataId: info.dataId! }],
    });
    expect(breakpoints).toMatchObject([{ verified: true }]);
    await goOn(client);
    for (const threadId of [1, 2]) {
      const stopped = await client.expectStopped('data breakpoint');
      expect(stopped).toMatchObject({ threadId, hitBreakpointIds: [breakpoints[0]!.id] });
      await goOn(client);
    }
    await client.expectExited();
    await client.disconnect();
  });

  it('of a variable in a scope, of an address, of any size', async () => {
    const client = await atEntry(scenario('none'));
    const { stackFrames } = await client.request('stackTrace', { threadId: 1, levels: 1 });
    const caps = await client.request('evaluate', { expression: 'cpu_caps', context: 'watch' });
    const child = await client.request('dataBreakpointInfo', {
      variablesReference: caps.variablesReference,
      name: 'features',
    });
    expect(child.dataId).toMatch(/\/\d+$/);
    const wide = await client.request('dataBreakpointInfo', {
      name: '&cpu_caps',
      asAddress: true,
      bytes: 1_000_000,
      frameId: stackFrames[0]!.id,
    });
    expect(wide.dataId).toMatch(/\/1000000$/);
    const many = Array.from({ length: 64 }, (_, index) => ({
      dataId: `0x${(0xffff_ffff_8020_0000n + BigInt(index * 64)).toString(16)}/${index + 1}`,
      accessType: 'readWrite' as const,
    }));
    const { breakpoints } = await client.request('setDataBreakpoints', { breakpoints: many });
    expect(breakpoints.every(({ verified }) => verified)).toBe(true);
    await client.disconnect();
  });

  it('of what is not in memory is refused with the reason', async () => {
    const client = await atEntry(scenario('none'));
    const info = await client.request('dataBreakpointInfo', { name: '$a0' });
    expect(info).toMatchObject({ dataId: null });
    const made = await client.expectError('setDataBreakpoints', { breakpoints: [{ dataId: 'made up' }] });
    expect(made.id).toBe(errorIds.badArguments);
    await client.disconnect();
  });
});

describe('on exceptions', () => {
  const trapping = assemble(
    'trapping',
    [
      'la t0, 1f',
      'csrw mtvec, t0',
      '.word 0',
      '.balign 4',
      '1: li t0, 0x100000',
      'li t1, 0x5555',
      'sw t1, 0(t0)',
      '2: j 2b',
    ].join('\n'),
  );

  it('stops before the trap, and tells which', async () => {
    const client = await launched({ program: trapping });
    await client.request('setExceptionBreakpoints', { filters: ['illegalInstruction'] });
    await client.request('configurationDone', {});
    const stopped = await client.expectStopped('exception');
    expect(stopped.description).toMatch(/illegal instruction/i);
    const info = await client.request('exceptionInfo', { threadId: 1 });
    expect(info).toMatchObject({ exceptionId: 'trap-2' });
    await goOn(client);
    await client.expectExited();
    await client.disconnect();
  });

  it.each([
    ['that holds', '$cause == 2', true],
    ['that does not hold', '$cause == 13', false],
  ])('with a condition %s', async (_what, condition, stops) => {
    const client = await launched({ program: trapping });
    const answer = await client.request('setExceptionBreakpoints', {
      filters: [],
      filterOptions: [{ filterId: 'anyTrap', condition }],
    });
    expect(answer.breakpoints).toMatchObject([{ verified: true }]);
    await client.request('configurationDone', {});
    if (stops) {
      await client.expectStopped('exception');
      await goOn(client);
    }
    await client.expectExited();
    await client.disconnect();
  });

  it('all filters at once exclude nothing', async () => {
    const client = await launched({ program: trapping });
    await client.request('setExceptionBreakpoints', {
      filters: ['sealedWrite', 'pageFault', 'illegalInstruction', 'anyTrap'],
    });
    await client.request('configurationDone', {});
    await client.expectStopped('exception');
    await client.disconnect();
  });

  it('without the filter a sealed write does not stop', async () => {
    const client = await launched(scenario('resume'));
    await client.request('setExceptionBreakpoints', { filters: [] });
    await client.request('configurationDone', {});
    await client.expectExited();
    await client.disconnect();
  });

  it('there is no exceptionInfo where no exception is', async () => {
    const client = await atEntry({ program: sample });
    expect((await client.expectError('exceptionInfo', { threadId: 1 })).id).toBe(errorIds.notPossible);
    await client.disconnect();
  });
});

describe('restart', () => {
  it('keeps breakpoints and their numbers, and runs from the beginning', async () => {
    const client = await launched(scenario('none'));
    const { breakpoints } = await client.request('setBreakpoints', { source, breakpoints: [{ line }] });
    await client.request('configurationDone', {});
    const hits = [breakpoints[0]!.id];
    expect(await client.expectStopped('breakpoint')).toMatchObject({ hitBreakpointIds: hits });
    const step = await at(client, '$pc');
    await client.request('restart', {});
    expect(await client.expect('breakpoint')).toMatchObject({
      reason: 'changed',
      breakpoint: { id: hits[0] },
    });
    expect(await client.expectStopped('breakpoint')).toMatchObject({ hitBreakpointIds: hits, threadId: 1 });
    expect(await at(client, '$pc')).toBe(step);
    await client.disconnect();
  });

  it('takes a changed launch configuration, and refuses a broken one without losing the guest', async () => {
    const client = await running(scenario('resume'));
    expect((await client.expectStopped('exception')).text).toMatch(/cpu_caps/);
    const broken = await client.expectError('restart', {
      arguments: scenario('resume', { harts: 99 }),
    });
    expect(broken.id).toBe(errorIds.launchAttribute);
    await client.request('stackTrace', { threadId: 1 });
    await client.request('restart', { arguments: scenario('hotplug') });
    expect((await client.expectStopped('exception')).text).toMatch(/__cpu_possible_mask/);
    await client.disconnect();
  });
});
