/** A place in a source as a button that opens it. */
import { element } from './dom.ts';

export type OpenSource = (path: string, line: number) => void;

interface Place {
  readonly path?: string | undefined;
  readonly line?: number | undefined;
}

/** "slab.c:120"; undefined where no source is known. */
export function sourceLink({ path, line }: Place, open: OpenSource): HTMLElement | undefined {
  if (path === undefined || line === undefined) return undefined;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const link = element('button', { class: 'link source', title: `${path}:${line}` }, `${name}:${line}`);
  link.addEventListener('click', () => open(path, line));
  return link;
}
