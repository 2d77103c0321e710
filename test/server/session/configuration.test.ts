import { describe, expect, it } from 'vitest';
import { parseSize, readConfiguration } from '../../../server/session/configuration.ts';
import { SessionError } from '../../../server/session/errors.ts';

describe('the configuration', () => {
  it('keeps what it knows and drops what belongs to the client', () => {
    const attributes = {
      type: 'sealscope',
      name: 'Run',
      request: 'launch',
      __sessionId: '1',
      noDebug: false,
    };
    expect(
      readConfiguration({ ...attributes, program: 'a.elf', harts: 2, dtb: undefined, memory: '64M' }),
    ).toEqual({
      program: 'a.elf',
      harts: 2,
      memory: 64 << 20,
    });
  });

  it('lets an image stand for the program', () => {
    expect(readConfiguration({ image: 'Image' })).toEqual({ image: 'Image', program: 'Image' });
  });

  const errors: [Record<string, unknown>, RegExp][] = [
    [{}, /"program" is missing/],
    [{ program: 7 }, /"program" is 7, but has to be a non-empty text/],
    [{ program: '' }, /"program" is ""/],
    [{ program: 'a', hart: 2 }, /unknown launch attribute "hart"; did you mean "harts"/],
    [{ program: 'a', harts: 0 }, /"harts" is 0, but has to be a number of harts from 1 to 8/],
    [{ program: 'a', harts: 9 }, /"harts" is 9/],
    [{ program: 'a', harts: 1.5 }, /"harts" is 1.5/],
    [{ program: 'a', memory: 'lots' }, /"memory" is "lots", but has to be a size such as 128M/],
    [{ program: 'a', memory: -1 }, /"memory" is -1/],
    [{ program: 'a', memory: '99999999999999999G' }, /"memory"/],
    [{ program: 'a', onSealedWrite: 'panic' }, /one of ask, oops, retry, write-once, skip, log/],
    [{ program: 'a', rodata: 'maybe' }, /one of on, off/],
    [{ program: 'a', mmu: 'sv32' }, /one of sv39, sv48, sv57/],
    [{ program: 'a', sealed: 'x' }, /"sealed" is "x", but has to be a list/],
    [{ program: 'a', sealed: [1] }, /non-empty text/],
    [{ program: 'a', stopOnEntry: 'yes' }, /true or false/],
    [{ program: 'a', sourceMap: ['x'] }, /an object that maps/],
    [{ program: 'a', sourceMap: { x: 3 } }, /"sourceMap\["x"\]" is 3/],
    [{ program: 'a', maxSteps: 'many' }, /a number of steps/],
    [{ program: 'a', commandLine: null }, /"commandLine" is null/],
  ];
  for (const [attributes, message] of errors) {
    it(`refuses ${JSON.stringify(attributes)}`, () => {
      expect(() => readConfiguration(attributes)).toThrow(message);
      expect(() => readConfiguration(attributes)).toThrow(SessionError);
    });
  }

  it('reads sizes', () => {
    const sizes = ['1', '4k', '128M', '128MiB', ' 1g ', '2GB', 4096].map((size) => parseSize('memory', size));
    expect(sizes).toEqual([1, 4096, 128 << 20, 128 << 20, 2 ** 30, 2 ** 31, 4096]);
  });
});
