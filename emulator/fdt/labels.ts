/**
 * Labels of the generated tree, so that overlays can refer to its nodes as `&plic` or `&uart0`: `/__symbols__`, and a
 * phandle for each, as `dtc -@` makes them. Only where an overlay is given: guests see the tree.
 */
import { highestPhandle, phandleOf } from './phandles.ts';
import { childOf, encode, type FdtNode } from './tree.ts';

/** Nodes whose label is not their name. */
const USUAL: Readonly<Record<string, string>> = { serial: 'uart0' };
/** Nodes that there are several of. */
const NUMBERED: Readonly<Record<string, string>> = { virtio_mmio: 'virtio', cpu: 'cpu' };

export function addLabels(root: FdtNode): void {
  const symbols = new Map<string, string>();
  let next = highestPhandle(root) + 1;
  const label = (node: FdtNode, name: string, path: string): void => {
    if (phandleOf(node) === undefined) node.properties.set('phandle', encode(next++));
    symbols.set(name, path);
  };
  for (const parent of root.children.filter(({ name }) => name === 'soc' || name === 'cpus')) {
    const counts = new Map<string, number>();
    for (const node of parent.children) {
      const kind = node.name.split('@')[0]!;
      const number = counts.get(kind) ?? 0;
      counts.set(kind, number + 1);
      const numbered = NUMBERED[kind];
      const name = numbered === undefined ? (USUAL[kind] ?? kind) : `${numbered}${number}`;
      if (name === 'cpu-map') continue;
      const path = `/${parent.name}/${node.name}`;
      label(node, name, path);
      for (const below of node.children) label(below, `${name}_intc`, `${path}/${below.name}`);
    }
  }
  const { properties } = childOf(root, '__symbols__');
  for (const [name, path] of symbols) properties.set(name, encode(path));
}
