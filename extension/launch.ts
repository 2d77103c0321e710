/**
 * Checks of a launch configuration that are better made before anything starts: VS Code then offers to open
 * launch.json beside the message. What attributes mean and which values fit, the session itself says.
 */
import { existsSync, statSync } from 'node:fs';
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

/** Attributes that name several files, or folders of them. */
const FILE_LISTS = ['dtbOverlays', 'modules'] as const satisfies readonly (keyof SessionConfiguration)[];

/** Values of `firmware` that name no file. */
const FIRMWARE_MODES: ReadonlySet<unknown> = new Set(['auto', 'builtin', 'none']);

/** The same attributes with relative paths taken from `folder`, as everybody expects in a launch.json. */
export function absolutePaths<T extends Attributes>(attributes: T, folder: string): T {
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  const changed: Record<string, unknown> = {};
  for (const [name, path] of namedFiles(attributes)) changed[name] = absolute(path);
  for (const [name, paths] of namedLists(attributes)) changed[name] = paths.map(absolute);
  return { ...attributes, ...changed };
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
  for (const [name, paths] of namedLists(attributes))
    for (const path of paths) if (!existsSync(path)) return `"${name}" names ${path}, which does not exist.`;
  return undefined;
}

function namedFiles(attributes: Attributes): [string, string][] {
  return FILES.flatMap((name) => {
    const value = attributes[name];
    const isFile = typeof value === 'string' && !(name === 'firmware' && FIRMWARE_MODES.has(value));
    return isFile ? [[name, value] satisfies [string, string]] : [];
  });
}

/** Those that are lists of texts, as they have to be. */
function namedLists(attributes: Attributes): [string, string[]][] {
  return FILE_LISTS.flatMap((name) => {
    const value = attributes[name];
    const isList = Array.isArray(value) && value.every((path) => typeof path === 'string');
    return isList ? [[name, value] satisfies [string, string[]]] : [];
  });
}
