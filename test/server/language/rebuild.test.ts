/** The image on disk changes under a server that runs: builds, half-written files, files that are no image. */
import { copyFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildKernel, folderWith, LINKER_SCRIPT } from './kernel.ts';
import { Client, image } from './server.ts';

const source = (size: number): string =>
  `char state[${size}] __attribute__((section(".data..ro_after_init"))) = { 1 };\nvoid _start(void) { state[0]++; }\n`;

describe('An image that is built again', () => {
  const folder = folderWith({ 'kernel.lds': LINKER_SCRIPT, 'main.c': source(24) });
  const path = join(folder, 'kernel.elf');
  const file = join(folder, 'main.c');
  let client: Client;

  /** The size that the hover on `state` tells. */
  const size = async (): Promise<string | undefined> => {
    const hover = await client.hover(file, client.find(file, 'char st|ate'));
    return hover && /, (\d+) bytes;/.exec(hover.text)?.[1];
  };
  const rebuild = (bytes: number): void => {
    writeFileSync(file, source(bytes));
    buildKernel(folder, ['main.c']);
  };

  beforeAll(async () => {
    client = await Client.start([image(path)], [folder]);
    await client.open(file);
  });
  afterAll(async () => expect(await client.stop()).toBe(0));

  it('has no hovers before the first build, and says why once', async () => {
    expect(await size()).toBeUndefined();
    expect(await size()).toBeUndefined();
    expect(client.log).toEqual([`${path}: there is no such file yet; hovers come with it`]);
  });

  it('answers from each build, the next question after it', async () => {
    for (const bytes of [24, 40, 72]) {
      rebuild(bytes);
      expect(await size()).toBe(String(bytes));
    }
  });

  it('answers from a build that took the place of the one before by renaming', async () => {
    const other = join(folder, 'other.elf');
    rebuild(88);
    copyFileSync(path, other);
    rebuild(96);
    expect(await size()).toBe('96');
    renameSync(other, path);
    expect(await size()).toBe('88');
  });

  it.each([0, 3, 64, 0.3, 0.6, 0.95])(
    'says nothing while it is half written (%d), and no nonsense',
    async (part) => {
      rebuild(104);
      expect(await size()).toBe('104');
      const whole = readFileSync(path);
      // In place, as a copy does it, under the file that the server has open.
      truncateSync(path, part < 1 ? Math.floor(whole.length * part) : part);
      expect([undefined, '104']).toContain(await size());
      writeFileSync(path, whole);
      expect(await size()).toBe('104');
    },
  );

  it('bears every kind of file, with one message each', async () => {
    const before = client.log.length;
    for (const text of ['', 'no image', '\x7fELF', '!<arch>\n']) {
      writeFileSync(path, text);
      expect(await size()).toBeUndefined();
      expect(await size()).toBeUndefined();
    }
    rmSync(path);
    expect(await size()).toBeUndefined();
    const told = client.log.slice(before);
    expect(new Set(told).size).toBe(told.length);
    expect(told.every((line) => line.startsWith(`${path}: `))).toBe(true);
    rebuild(112);
    expect(await size()).toBe('112');
  });

  it('bears damage anywhere in it', async () => {
    rebuild(120);
    const whole = readFileSync(path);
    // Every byte of the ELF header and of the section headers, and some of everything else.
    const sections = Number(whole.readBigUInt64LE(40));
    const places = Array.from({ length: 64 }, (_, at) => at)
      .concat(Array.from({ length: 60 }, (_, at) => sections + at * 13))
      .concat(Array.from({ length: 100 }, (_, at) => Math.floor((whole.length * at) / 100)));
    for (const at of places.filter((place) => place < whole.length)) {
      const damaged = Buffer.from(whole);
      damaged[at] = damaged[at]! ^ 0xff;
      writeFileSync(path, damaged);
      await size();
    }
    writeFileSync(path, whole);
    expect(await size()).toBe('120');
  });

  it('is not asked any more once no configuration names it', async () => {
    await client.setImages([]);
    expect(await size()).toBeUndefined();
    await client.setImages([image(path)]);
    expect(await size()).toBe('120');
  });
});

describe('Without an image', () => {
  it('a server starts, answers nothing and ends', async () => {
    const folder = folderWith({ 'main.c': source(1), 'kernel.lds': LINKER_SCRIPT });
    const client = await Client.start([], [folder]);
    const [file, script] = [join(folder, 'main.c'), join(folder, 'kernel.lds')];
    await client.open(file);
    await client.open(script);
    expect(await client.hover(file, client.find(file, '|state'))).toBeUndefined();
    expect(await client.hover(script, client.find(script, '|__start_ro_after_init'))).toBeUndefined();
    expect(await client.definitions(file, client.find(file, '|state'))).toEqual([]);
    expect(client.log).toEqual([]);
    expect(await client.stop()).toBe(0);
  });
});

describe('Documents of any size', () => {
  it('a text of some megabytes is answered, a larger one passed over', async () => {
    const folder = folderWith({ 'kernel.lds': LINKER_SCRIPT, 'main.c': source(8) });
    const client = await Client.start([image(buildKernel(folder, ['main.c']))], [folder]);
    const line = 'int f(int a) { /* state */ return "state"[a]; }\n';
    for (const [count, isThere] of [
      [40_000, true],
      [200_000, false],
    ] as const) {
      const file = join(folder, `large${count}.c`);
      await client.open(file, `${line.repeat(count)}extern char state[];\n`);
      expect((await client.hover(file, client.find(file, 'extern char st|ate'))) !== undefined).toBe(isThere);
    }
    const file = join(folder, 'broken.c');
    await client.open(
      file,
      `${'{'.repeat(100_000)}"unterminated\n${'('.repeat(100_000)} state /* unterminated`,
    );
    expect(await client.hover(file, client.find(file, '|state'))).toBeDefined();
    expect(await client.stop()).toBe(0);
  });
});
