/** From launch configurations to the images that the language server answers from. Knows no VS Code. */
import { isAbsolute, join } from 'node:path';
import type { ImageConfiguration } from '../../server/language/protocol.ts';

/** What variables of a launch configuration stand for. */
export interface Variables {
  /** Of the folder that the configuration belongs to; undefined for one of a workspace file. */
  readonly folder: string | undefined;
  /** All folders of the workspace, by name. */
  readonly folders: ReadonlyMap<string, string>;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

type Attributes = Readonly<Record<string, unknown>>;

const VARIABLE = /\$\{([^}]*)\}/g;

const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'linux',
  darwin: 'osx',
  win32: 'windows',
};

/**
 * The image of a launch configuration of type `sealscope`. Undefined for other types, and where the path depends on
 * something that only a launch decides, such as `${input:…}`.
 */
export function imageOf(
  configuration: unknown,
  variables: Variables,
  platform: NodeJS.Platform = process.platform,
): ImageConfiguration | undefined {
  if (!isRecord(configuration) || configuration['type'] !== 'sealscope') return undefined;
  const special = configuration[PLATFORMS[platform] ?? ''];
  const attributes = { ...configuration, ...(isRecord(special) ? special : {}) };
  const named = attributes['symbols'] ?? attributes['program'];
  const path = typeof named === 'string' ? substitute(named, variables) : undefined;
  if (path === undefined || path === '') return undefined;
  const absolute = isAbsolute(path) ? path : variables.folder && join(variables.folder, path);
  if (absolute === undefined) return undefined;
  const { sealed, sourceMap, rodata, onSealedWrite } = attributes;
  return {
    path: absolute,
    folder: variables.folder ?? '',
    sealed: Array.isArray(sealed) ? sealed.filter((each) => typeof each === 'string') : [],
    policy: rodata === 'off' ? 'off' : typeof onSealedWrite === 'string' ? onSealedWrite : 'ask',
    sourceMap: isRecord(sourceMap) ? textsOf(sourceMap, variables) : {},
  };
}

/** Without repetitions: configurations often differ in what the server does not look at. */
export function distinct(images: readonly (ImageConfiguration | undefined)[]): ImageConfiguration[] {
  const found = images.filter((each) => each !== undefined);
  return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
}

/** Undefined if a variable has no value before a launch. */
function substitute(text: string, variables: Variables): string | undefined {
  const values = new Map<string, string>();
  for (const [variable, name] of text.matchAll(VARIABLE)) {
    const value = valueOf(name!, variables);
    if (value === undefined) return undefined;
    values.set(variable, value);
  }
  return text.replace(VARIABLE, (variable) => values.get(variable) ?? '');
}

function valueOf(variable: string, { folder, folders, home, environment }: Variables): string | undefined {
  const [, name, argument] = /^([^:]*)(?::(.*))?$/.exec(variable) ?? [];
  switch (name) {
    case 'workspaceFolder':
    case 'workspaceRoot':
      return argument === undefined ? folder : folders.get(argument);
    case 'workspaceFolderBasename':
      return folder?.replace(/^.*[/\\]/, '');
    case 'userHome':
      return home;
    case 'env':
      return environment[argument ?? ''] ?? '';
    case 'pathSeparator':
    case '/':
      return '/';
    default:
      return undefined;
  }
}

function textsOf(map: Attributes, variables: Variables): Record<string, string> {
  const entries = Object.entries(map).flatMap(([from, to]) => {
    const value = typeof to === 'string' ? substitute(to, variables) : undefined;
    return value === undefined ? [] : [[from, value] as const];
  });
  return Object.fromEntries(entries);
}

function isRecord(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
