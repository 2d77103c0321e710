/** Which images launch configurations name, before anything is launched. */
import { describe, expect, it } from 'vitest';
import { distinct, imageOf, type Variables } from '../../../extension/language/launchImages.ts';

const variables: Variables = {
  folder: '/work space/kernel',
  folders: new Map([['other', '/other']]),
  home: '/home/me',
  environment: { OUT: '/out' },
};
const read = (attributes: object, more: Partial<Variables> = {}): ReturnType<typeof imageOf> =>
  imageOf(
    { type: 'sealscope', request: 'launch', name: 'it', ...attributes },
    { ...variables, ...more },
    'linux',
  );

describe('The image of a launch configuration', () => {
  it.each([
    ['${workspaceFolder}/kernel.elf', '/work space/kernel/kernel.elf'],
    ['build/kernel.elf', '/work space/kernel/build/kernel.elf'],
    ['/abs/kernel', '/abs/kernel'],
    ['${workspaceFolder:other}/a/${workspaceFolderBasename}.elf', '/other/a/kernel.elf'],
    ['${userHome}${/}k', '/home/me/k'],
    ['${env:OUT}/k', '/out/k'],
    ['${workspaceFolder:nowhere}/k', undefined],
    ['${input:which}', undefined],
    ['${command:cmake.target}', undefined],
    ['${config:kernel.path}', undefined],
    ['', undefined],
  ])('%s', (program, path) => expect(read({ program })?.path).toBe(path));

  it('is the file with the symbols', () => {
    expect(read({ program: 'Image', symbols: 'vmlinux' })?.path).toBe('/work space/kernel/vmlinux');
    expect(read({ program: 'vmlinux', image: 'Image' })?.path).toBe('/work space/kernel/vmlinux');
    expect(read({ program: 'a', linux: { program: 'b' }, osx: { program: 'c' } })?.path).toBe(
      '/work space/kernel/b',
    );
  });

  it('carries what hovers tell', () => {
    expect(
      read({ program: '/k', sealed: ['.rodata', 1], sourceMap: { '/src': '${workspaceFolder}', x: 2 } }),
    ).toEqual({
      path: '/k',
      folder: '/work space/kernel',
      sealed: ['.rodata'],
      policy: 'ask',
      sourceMap: { '/src': '/work space/kernel' },
    });
    expect(read({ program: '/k', onSealedWrite: 'log' })?.policy).toBe('log');
    expect(read({ program: '/k', onSealedWrite: 'log', rodata: 'off' })?.policy).toBe('off');
    expect(read({ program: '/k' }, { folder: undefined })?.folder).toBe('');
    expect(read({ program: 'k' }, { folder: undefined })).toBeUndefined();
  });

  it('is none of other debuggers, nor of what is no configuration', () => {
    expect(read({ type: 'cppdbg', program: '/k' })).toBeUndefined();
    for (const other of [
      undefined,
      null,
      1,
      'text',
      [],
      {},
      { type: 'sealscope' },
      { type: 'sealscope', program: 1 },
    ])
      expect(imageOf(other, variables)).toBeUndefined();
  });

  it('counts once', () => {
    const images = [
      read({ program: '/k', harts: 1 }),
      undefined,
      read({ program: '/k', harts: 2 }),
      read({ program: '/l' }),
    ];
    expect(distinct(images).map(({ path }) => path)).toEqual(['/k', '/l']);
  });
});
