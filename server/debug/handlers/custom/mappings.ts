/** Address spaces: mappings, pages, translations, searches. */
import {
  flagsText,
  permissionsOfFlags,
  permissionText,
  type MappingView,
  type PageView,
  type PermissionChangeView,
} from '../../../session/index.ts';
import { hex } from '../../../session/report/index.ts';
import { sealBody } from '../../present/bodies.ts';
import type { CustomResult } from '../../protocol.ts';
import type { Handlers } from '../../requests.ts';
import { custom, hartOf } from './custom.ts';

type Commands = 'sealscope/permissions' | 'sealscope/pages' | 'sealscope/find' | 'sealscope/pageTable';
type MappingBody = CustomResult<'sealscope/permissions'>['mappings'][number];
type PageBody = CustomResult<'sealscope/pages'>['pages'][number];

const [MAX_HITS, MAX_PAGES] = [50, 512];

export const mappingHandlers: Handlers<Commands> = {
  'sealscope/permissions': custom('sealscope/permissions', 'standstill', async (context, args) => {
    const hart = hartOf(context, args.threadId);
    const view = await context.session.mappings.list({ hart, since: args.since });
    return {
      stop: view.stop,
      stops: view.stops.map(({ ordinal, step, text }) => ({ ordinal, step: step.toString(), text })),
      since: view.since,
      hart: view.hart,
      mode: view.mode,
      ...(view.satp === undefined ? {} : { satp: hex(view.satp) }),
      complete: view.complete,
      mappings: view.mappings.map(mappingBody),
      removed: view.removed.map(({ start, end, physical, flags }) => ({
        start: hex(start),
        end: hex(end),
        physical: hex(physical),
        flags: flagsText(flags),
      })),
    };
  }),

  'sealscope/pages': custom('sealscope/pages', 'standstill', async (context, args) => {
    const { start, end, first = 0, count = MAX_PAGES, since } = args;
    const hart = hartOf(context, args.threadId);
    const view = await context.session.mappings.pages({ start, end, first, count, hart, since });
    return { total: view.total, pages: view.pages.map(pageBody) };
  }),

  'sealscope/find': custom('sealscope/find', 'standstill', ({ session }, { query, limit = MAX_HITS }) => ({
    hits: session.lookup.find(query, limit).map(({ address, size, ...hit }) => ({
      ...hit,
      address: hex(address),
      ...(size === undefined ? {} : { size }),
    })),
  })),

  'sealscope/pageTable': custom('sealscope/pageTable', 'standstill', (context, args) => {
    const walk = context.session.inspect.walk(args.address, hartOf(context, args.threadId));
    return {
      mode: walk.mode,
      entries: walk.steps.map(({ level, address, entry, text }) => ({
        level,
        address: hex(address),
        value: hex(entry),
        text,
      })),
      ...(walk.physical === undefined ? {} : { physical: hex(walk.physical) }),
      ...(walk.page === undefined ? {} : { page: hex(walk.page) }),
      ...(walk.size === undefined ? {} : { pageSize: Number(walk.size) }),
      ...(walk.permissions === undefined ? {} : { permissions: permissionText(walk.permissions) }),
      ...(walk.stale === undefined ? {} : { stale: permissionText(walk.stale) }),
      ...(walk.linked === undefined ? {} : { linked: permissionText(walk.linked) }),
      ...(walk.problem === undefined ? {} : { problem: walk.problem }),
    };
  }),
};

type Annotated = Pick<MappingBody, 'flags' | 'physical' | 'linked' | 'seal' | 'change'>;

/** What mappings and pages have in common. */
function annotated({ physical, flags, linked, seal, change }: MappingView | PageView): Annotated {
  return {
    physical: hex(physical),
    flags: flagsText(flags),
    ...(linked === undefined ? {} : { linked: permissionText(linked) }),
    ...(seal === undefined ? {} : { seal: sealBody(seal) }),
    ...(change === undefined ? {} : { change: changeBody(change) }),
  };
}

function changeBody({
  from,
  movedFrom,
  isDegraded,
}: PermissionChangeView): NonNullable<MappingBody['change']> {
  return {
    from: from === undefined ? '' : flagsText(from),
    ...(movedFrom === undefined ? {} : { movedFrom: hex(movedFrom) }),
    ...(isDegraded ? { isDegraded } : {}),
  };
}

function mappingBody(row: MappingView): MappingBody {
  return {
    start: hex(row.start),
    end: hex(row.end),
    pageSize: row.pageSize,
    ...annotated(row),
    ...(row.name === undefined ? {} : { name: row.name }),
    sections: row.sections,
    aliases: row.aliases.map(({ start, flags, name }) => ({
      start: hex(start),
      permissions: permissionText(permissionsOfFlags(flags)),
      ...(name === undefined ? {} : { name }),
    })),
    aliasCount: row.aliasCount,
    ...(row.fault ? { fault: true } : {}),
  };
}

function pageBody(page: PageView): PageBody {
  return {
    address: hex(page.address),
    size: Number(page.size),
    ...annotated(page),
    symbolCount: page.symbolCount,
    symbols: page.symbols.map(({ name, address, size, inRegion }) => ({
      name,
      address: hex(address),
      size,
      sealed: inRegion,
    })),
    ...(page.fault === undefined ? {} : { fault: page.fault }),
  };
}
