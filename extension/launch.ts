/**
 * Checks of a launch configuration that are better made before anything starts: VS Code then offers to open
 * launch.json beside the message. What attributes mean and which values fit, the session itself says.
 */
import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { type SessionConfiguration, readConfiguration } from '../server/session/configuration.ts';
import { SessionError } from '../server/session/errors.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** Attributes that name a file. */
const FILES = [
  'program',
  'image',
  'symbols',
  'initrd',
  'dtb',
  'disk',
  'firmware',
] as const satisfies readonly (keyof SessionConfiguration)[];

/** Values of `firmware` that name no file. */
const FIRMWARE_MODES: ReadonlySet<unknown> = new Set(['auto', 'builtin', 'none']);

/** The same attributes with relative paths taken from `folder`, as everybody expects in a launch.json. */
export function absolutePaths<T extends Attributes>(attributes: T, folder: string): T {
  const files = namedFiles(attributes).filter(([, path]) => !isAbsolute(path));
  return { ...attributes, ...Object.fromEntries(files.map(([name, path]) => [name, join(folder, path)])) };
}

/** One sentence on what keeps this configuration from being launched, and undefined if nothing is known to. */
export function problemOf(attributes: Attributes): string | undefined {
  try {
    readConfiguration(attributes);
  } catch (error) {
    if (error instanceof SessionError) return error.message;
    throw error;
  }
  for (const [name, path] of namedFiles(attributes)) {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined) return `"${name}" names ${path}, which does not exist.`;
    if (!status.isFile()) return `"${name}" names ${path}, which is not a file.`;
  }
  return undefined;
}

function namedFiles(attributes: Attributes): [string, string][] {
  return FILES.flatMap((name) => {
    const value = attributes[name];
    const isFile = typeof value === 'string' && !(name === 'firmware' && FIRMWARE_MODES.has(value));
    return isFile ? [[name, value] satisfies [string, string]] : [];
  });
}
