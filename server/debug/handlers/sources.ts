/** modules, loadedSources, source. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Module } from '../../session/index.ts';
import { hex } from '../../session/report/index.ts';
import type { DebugContext } from '../context.ts';
import { RequestError } from '../errors.ts';
import { sourceBody } from '../present/sources.ts';
import { on, type Handlers } from '../requests.ts';
import { integer, object, optional, text } from '../schema.ts';

export const sourceHandlers: Handlers<'modules' | 'loadedSources' | 'source'> = {
  modules: on(
    'session',
    object({ startModule: optional(integer(0)), moduleCount: optional(integer(0)) }),
    ({ session, client }, { startModule = 0, moduleCount = 0 }) => {
      const end = moduleCount === 0 ? undefined : startModule + moduleCount;
      return {
        modules: session.modules
          .slice(startModule, end)
          .map((module) => moduleBody(module, client.path(module.path))),
        totalModules: session.modules.length,
      };
    },
  ),

  loadedSources: on('session', object({}), ({ session, client }) => ({
    sources: session.sources.files().map((file) => sourceBody(client, file)),
  })),

  source: on(
    'session',
    object({
      source: optional(object({ path: optional(text) })),
      sourceReference: optional(integer()),
    }),
    async (context, { source }) => {
      if (source?.path === undefined)
        throw new RequestError('sourceUnavailable', 'There are no sources but files: give the path of one.');
      return { content: await contentOf(context, context.client.pathFrom(source.path)) };
    },
  ),
};

export function moduleBody(module: Module, path: string): DebugProtocol.Module {
  const [first] = module.ranges;
  return {
    id: module.id,
    name: module.name,
    path,
    symbolStatus: module.symbols === 'none' ? 'No symbols' : `Symbols: ${module.symbols}`,
    ...(module.symbols === 'none' ? {} : { symbolFilePath: path }),
    ...(first === undefined ? {} : { addressRange: `${hex(first.start)}-${hex(first.end)}` }),
  };
}

/**
 * The file as it is on this host. A sourceMap in the launch configuration says where else it may be. Only what the
 * debug information names is read: whoever reaches the adapter shall not read this host's other files through it.
 */
async function contentOf({ host, session }: DebugContext, path: string): Promise<string> {
  const named = new Set(session.sources.files());
  const file = named.has(path) ? path : session.sources.toHost(path);
  if (!named.has(file))
    throw new RequestError(
      'sourceUnavailable',
      `The debug information names no source ${file}. If it names it elsewhere, map it with 'sourceMap' in the launch configuration.`,
    );
  try {
    const bytes = await host.openFile(file);
    return new TextDecoder().decode(bytes.read(0, bytes.size));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RequestError(
      'sourceUnavailable',
      `The source ${file} cannot be read (${why}). If it lies elsewhere, map it with 'sourceMap' in the launch configuration.`,
    );
  }
}
