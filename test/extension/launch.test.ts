import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { absolutePaths, problemOf } from '../../extension/launch.ts';

let folder: string;
let kernel: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealscope-launch-'));
  kernel = join(folder, 'kernel.elf');
  writeFileSync(kernel, '');
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('problemOf', () => {
  const complete = { type: 'sealscope', request: 'launch', name: 'it' };

  it('has no objection to a sound configuration, with whatever VS Code adds', () => {
    const added = { __sessionId: '1', presentation: { hidden: true }, preLaunchTask: 'build' };
    expect(problemOf({ ...complete, ...added, program: kernel, firmware: 'builtin', harts: 2 })).toBe(
      undefined,
    );
  });

  const cases: [string, Record<string, unknown>, RegExp][] = [
    ['no program', {}, /"program" is missing/],
    [
      'a program that does not exist',
      { program: '/no/kernel.elf' },
      /"program" names \/no\/kernel.elf, which does not exist/,
    ],
    ['a folder as a program', { program: tmpdir() }, /"program" names .*, which is not a file/],
    ['a missing firmware file', { firmware: 'fw.bin' }, /"firmware" names fw.bin, which does not exist/],
    [
      'a missing overlay',
      { dtbOverlays: ['/no/x.dtbo'] },
      /"dtbOverlays" names \/no\/x.dtbo, which does not exist/,
    ],
    ['too many harts', { harts: 9 }, /"harts" is 9/],
    ['a policy that does not exist', { onSealedWrite: 'panic' }, /"onSealedWrite" is "panic".*write-once/],
    ['a misspelt attribute', { onSealedWrites: 'ask' }, /"onSealedWrites".*"onSealedWrite"/],
  ];
  it.each(cases)('names %s', (_, attributes, message) => {
    const program =
      'program' in attributes || Object.keys(attributes).length === 0 ? {} : { program: kernel };
    expect(problemOf({ ...complete, ...program, ...attributes })).toMatch(message);
  });
});

describe('absolutePaths', () => {
  it('takes relative paths from the folder, and leaves everything else alone', () => {
    const given = {
      program: 'a/kernel',
      image: '/abs/Image',
      firmware: 'auto',
      commandLine: 'root=x',
      harts: 2,
    };
    expect(absolutePaths(given, '/folder')).toEqual({ ...given, program: '/folder/a/kernel' });
    expect(absolutePaths({ firmware: 'fw.bin' }, '/folder')).toEqual({ firmware: '/folder/fw.bin' });
    const lists = { dtbOverlays: ['a.dtbo', '/b.dtbo'], modules: ['lib/modules'] };
    expect(absolutePaths(lists, '/folder')).toEqual({
      dtbOverlays: ['/folder/a.dtbo', '/b.dtbo'],
      modules: ['/folder/lib/modules'],
    });
  });
});
