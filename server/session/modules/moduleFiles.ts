/** The user's module files, by the name that the kernel gives a module. */
import { ElfError, openModule, type ModuleObject } from '../../symbols/index.ts';
import { SessionError } from '../errors.ts';
import type { SessionHost } from '../host.ts';

export interface ModuleFile {
  readonly path: string;
  readonly object: ModuleObject;
}

export class ModuleFiles {
  readonly #host: SessionHost;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #close: (() => void)[] = [];

  private constructor(host: SessionHost, paths: ReadonlyMap<string, string>) {
    this.#host = host;
    this.#paths = paths;
  }

  /**
   * Folders are listed, files that were named are looked at, so that a mistake is told at once.
   * @throws SessionError `file` or `image`.
   */
  static async find(paths: readonly string[], host: SessionHost): Promise<ModuleFiles> {
    const found = new Map<string, string>();
    const named: string[] = [];
    for (const path of paths) {
      const listed = await host.listFiles?.(path);
      if (listed === undefined) named.push(path);
      for (const file of listed ?? [path])
        if (listed === undefined || file.endsWith('.ko')) found.set(moduleName(file), file);
    }
    const files = new ModuleFiles(host, found);
    for (const path of named) await files.#open(path);
    return files;
  }

  get count(): number {
    return this.#paths.size;
  }

  /** @throws SessionError when the file of that module cannot be used. */
  async of(name: string): Promise<ModuleFile | undefined> {
    const path = this.#paths.get(name);
    return path === undefined ? undefined : { path, object: await this.#open(path) };
  }

  close(): void {
    for (const close of this.#close.splice(0)) close();
  }

  async #open(path: string): Promise<ModuleObject> {
    try {
      const file = await this.#host.openFile(path);
      if (file.close !== undefined) this.#close.push(() => file.close?.());
      return openModule(file);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const code = error instanceof ElfError ? 'image' : 'file';
      throw new SessionError(code, `"modules": cannot use ${path}: ${why}`, { cause: error });
    }
  }
}

/** The kernel writes `-` as `_`; a file may have a suffix such as `.ko.debug`. */
function moduleName(path: string): string {
  const file = path.slice(path.search(/[^/\\]*$/));
  return file.replace(/\.ko(\..*)?$/, '').replaceAll('-', '_');
}
