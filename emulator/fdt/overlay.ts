/**
 * Lays a device tree overlay (`.dtbo`, as `dtc -@` makes them) over a tree, in the four passes of "Device Tree Overlay
 * Notes" (dtc's Documentation/dt-object-internal.txt): the overlay's phandles move behind those of the tree, its
 * references to labels are resolved, each fragment is merged into its target, and its labels join the tree's.
 */
import { CELL, cell, highestPhandle, nodesOf, phandleOf, PHANDLES, setCell } from './phandles.ts';
import { FdtError } from './reader.ts';
import { childOf, encode, type FdtNode } from './tree.ts';

/** Changes `base`. Throws FdtError when the overlay is malformed, or names what the tree does not have. */
export function applyOverlay(base: FdtNode, overlay: FdtNode): void {
  movePhandles(overlay, highestPhandle(base));
  resolveLabels(base, overlay);
  const targets = new Map<string, string>();
  for (const fragment of overlay.children) {
    const content = child(fragment, '__overlay__');
    if (content === undefined) continue;
    const target = targetOf(base, fragment);
    targets.set(`/${fragment.name}/__overlay__`, target.path);
    merge(target.node, content);
  }
  addLabels(base, overlay, targets);
}

function movePhandles(overlay: FdtNode, by: number): void {
  const move = (bytes: Uint8Array, offset: number, where: string): void =>
    setCell(bytes, offset, cell(bytes, offset, where) + by, where);
  for (const node of nodesOf(overlay)) {
    for (const name of PHANDLES) {
      const phandle = node.properties.get(name);
      if (phandle !== undefined) move(phandle, 0, name);
    }
  }
  // The node mirrors the overlay: for each property, where in it phandles of the overlay's own are.
  const moveReferences = (node: FdtNode, references: FdtNode): void => {
    for (const [name, offsets] of references.properties) {
      const value = node.properties.get(name);
      if (value === undefined)
        throw new FdtError(`__local_fixups__ names a property '${name}' that is not there`);
      for (let at = 0; at < offsets.length; at += CELL) move(value, cell(offsets, at, name), name);
    }
    for (const below of references.children) moveReferences(existing(node, below.name), below);
  };
  const references = child(overlay, '__local_fixups__');
  if (references !== undefined) moveReferences(overlay, references);
}

/** `__fixups__`: for each label of the tree, where in the overlay its phandle belongs, as `path:property:offset`. */
function resolveLabels(base: FdtNode, overlay: FdtNode): void {
  for (const [label, places] of child(overlay, '__fixups__')?.properties ?? []) {
    const path = textOf(child(base, '__symbols__')?.properties.get(label));
    if (path === undefined) throw new FdtError(`the tree has no label '${label}' to lay the overlay over`);
    const phandle = phandleOf(at(base, path));
    if (phandle === undefined)
      throw new FdtError(`${path}, which the overlay refers to as ${label}, has no phandle`);
    for (const place of textsOf(places)) {
      const [, node, property, offset] = /^(.*):([^:]*):(\d+)$/.exec(place) ?? [];
      const value = property === undefined ? undefined : at(overlay, node!).properties.get(property);
      if (value === undefined)
        throw new FdtError(`__fixups__ has '${place}' for ${label}, which is no property`);
      setCell(value, Number(offset), phandle, place);
    }
  }
}

function targetOf(base: FdtNode, fragment: FdtNode): { readonly node: FdtNode; readonly path: string } {
  const path = textOf(fragment.properties.get('target-path'));
  if (path !== undefined) return { node: at(base, path), path };
  const target = fragment.properties.get('target');
  if (target === undefined) throw new FdtError(`${fragment.name} has neither target nor target-path`);
  const phandle = cell(target, 0, 'target');
  const found = pathOf(base, (node) => phandleOf(node) === phandle);
  if (found === undefined)
    throw new FdtError(`${fragment.name} targets phandle ${phandle}, which no node has`);
  return found;
}

function merge(into: FdtNode, from: FdtNode): void {
  for (const [name, value] of from.properties) into.properties.set(name, value);
  for (const below of from.children) merge(childOf(into, below.name), below);
}

/** A label inside a fragment is one of the tree's from now on, by its new path. */
function addLabels(base: FdtNode, overlay: FdtNode, targets: ReadonlyMap<string, string>): void {
  for (const [label, value] of child(overlay, '__symbols__')?.properties ?? []) {
    const [, fragment, rest] = /^(\/[^/]*\/__overlay__)(\/.*)?$/.exec(textOf(value) ?? '') ?? [];
    const target = fragment === undefined ? undefined : targets.get(fragment);
    if (target === undefined) continue;
    const path = `${target === '/' ? '' : target}${rest ?? ''}`;
    childOf(base, '__symbols__').properties.set(label, encode(path === '' ? '/' : path));
  }
}

function pathOf(
  node: FdtNode,
  wanted: (node: FdtNode) => boolean,
  path = '',
): { readonly node: FdtNode; readonly path: string } | undefined {
  if (wanted(node)) return { node, path: path === '' ? '/' : path };
  for (const below of node.children) {
    const found = pathOf(below, wanted, `${path}/${below.name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function at(root: FdtNode, path: string): FdtNode {
  return path
    .split('/')
    .filter((name) => name !== '')
    .reduce(existing, root);
}

function existing(parent: FdtNode, name: string): FdtNode {
  const found = child(parent, name);
  if (found === undefined) throw new FdtError(`there is no node '${name}' in '${parent.name || '/'}'`);
  return found;
}

/** A name without its unit address stands for the only node that it can mean (Devicetree Specification 0.4, 2.2.4). */
function child({ children }: FdtNode, name: string): FdtNode | undefined {
  const exact = children.find((each) => each.name === name);
  if (exact !== undefined || name.includes('@')) return exact;
  const named = children.filter((each) => each.name.startsWith(`${name}@`));
  return named.length === 1 ? named[0] : undefined;
}

function textsOf(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes).split('\0').slice(0, -1);
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : textsOf(bytes)[0];
}
