/** The path in a mangled name: `_ZN6kernel4caps4CAPS17h0123456789abcdefE` is `kernel::caps::CAPS`. */

/** Undefined for names that are not mangled, and for paths with more than plain names in them. */
export function pathOfMangled(name: string): string[] | undefined {
  if (name.startsWith('_R')) return rustPath(name);
  return name.startsWith('_Z') ? itaniumPath(name) : undefined;
}

/** C++ (Itanium ABI, "<nested-name>", "<unscoped-name>" with L for internal linkage), and Rust's older scheme. */
function itaniumPath(name: string): string[] | undefined {
  const [, nested] = /^_ZN[rVK]*(.*)$/.exec(name) ?? [];
  let rest = nested ?? name.slice(2);
  const path: string[] = [];
  for (;;) {
    const [head, length] = /^L?(\d+)/.exec(rest) ?? [];
    if (head === undefined) break;
    const end = head.length + Number(length);
    if (end > rest.length) return undefined;
    path.push(rest.slice(head.length, end));
    rest = rest.slice(end);
    if (nested === undefined) break;
  }
  if (nested === undefined ? rest !== '' : !rest.startsWith('E')) return undefined;
  if (/^h[0-9a-f]{16}$/.test(path.at(-1) ?? '')) path.pop();
  return path.length > 0 ? path : undefined;
}

/** Rust's v0 scheme (RFC 2603), for paths of crates, modules and items. */
function rustPath(name: string): string[] | undefined {
  const [, opened, identifiers] = /^_R((?:N[a-zA-Z])*)C(.*)$/.exec(name) ?? [];
  if (opened === undefined || identifiers === undefined) return undefined;
  const path: string[] = [];
  let rest = identifiers;
  for (let left = opened.length / 2 + 1; left > 0; left--) {
    const [head, length] = /^(?:s[0-9a-zA-Z]*_)?(\d+)_?/.exec(rest) ?? [];
    const end = (head?.length ?? 0) + Number(length);
    if (head === undefined || end > rest.length) return undefined;
    path.push(rest.slice(head.length, end));
    rest = rest.slice(end);
  }
  return path;
}
