import { describe, expect, it } from 'vitest';
import { Sources } from '../../../server/session/sources.ts';
import { sampleSymbols } from '../sealing/sample.ts';

/** The sample's debug information has relative paths: `smp.c`, `mm/init.c`. */
const symbols = sampleSymbols();

describe('source paths', () => {
  it('stay as they are without a map', () => {
    expect(new Sources(undefined, {}).toHost('/build/smp.c')).toBe('/build/smp.c');
    expect(new Sources(undefined, {}).toHost('smp.c')).toBe('smp.c');
  });

  it('are mapped by whole components, the longest prefix first', () => {
    const sources = new Sources(undefined, { '/build': '/home/me', '/build/linux/': '/src/linux' });
    expect(sources.toHost('/build/linux/init/main.c')).toBe('/src/linux/init/main.c');
    expect(sources.toHost('/build/other.c')).toBe('/home/me/other.c');
    expect(sources.toHost('/building/x.c')).toBe('/building/x.c');
    expect(sources.fromHost('/src/linux/init/main.c')).toBe('/build/linux/init/main.c');
  });

  it('that are relative start where the image is, or where the map says', () => {
    expect(new Sources(symbols, {}, '/kernel').toHost('mm/init.c')).toBe('/kernel/mm/init.c');
    expect(new Sources(symbols, { '.': '/w' }, '/kernel').toHost('smp.c')).toBe('/w/smp.c');
    expect(new Sources(symbols, { '': '/w/' }, '/kernel').fromHost('/w/mm/init.c')).toBe('mm/init.c');
    expect(new Sources(symbols, {}, '/kernel').toHost('/abs/x.c')).toBe('/abs/x.c');
  });

  it('find the compiled file from a mapped path, and from one that shares its tail', () => {
    expect(new Sources(symbols, {}, '/kernel').find('/kernel/smp.c')).toBe('smp.c');
    expect(new Sources(symbols, {}).find('/quite/another/place/smp.c')).toBe('smp.c');
    expect(new Sources(symbols, {}).find('/x/resume-bug/mm/init.c')).toBe('mm/init.c');
    expect(new Sources(symbols, {}).find('/quite/another/place/no-such-file.c')).toBeUndefined();
  });

  it('list every file as the host knows it', () => {
    const files = new Sources(symbols, {}, '/w').files();
    expect(files).toContain('/w/mm/init.c');
    expect(files).toEqual([...files].sort());
  });
});
