/** Whether a file is a folder or lies in it. Both paths are absolute and of this host. */
export function isInside(path: string, folder: string): boolean {
  const root = folder.replace(/[/\\]$/, '');
  return path.startsWith(root) && /^[/\\]?$/.test(path.slice(root.length, root.length + 1));
}
