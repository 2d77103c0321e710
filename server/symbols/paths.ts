/** Source paths as compilers write them: POSIX, with `\` and drive letters of Windows hosts understood. */

export function isAbsolute(path: string): boolean {
  return path.startsWith('/') || path.startsWith('\\') || /^[A-Za-z]:/.test(path);
}

/** `path` under `directory`, unless it is absolute. */
export function joinPath(directory: string, path: string): string {
  return directory === '' || isAbsolute(path) ? path : `${directory}/${path}`;
}

/** Without empty, `.` and `..` components, and with `/` only. */
export function normalisePath(path: string): string {
  const kept: string[] = [];
  for (const part of path.split(/[/\\]/)) {
    if (part === '' || part === '.') continue;
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (part !== '..' || !isAbsolute(path)) kept.push(part);
  }
  return (/^[/\\]/.test(path) ? '/' : '') + kept.join('/');
}

export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** How many components at the end two normalised paths share. */
export function commonTail(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  let count = 0;
  while (count < left.length && count < right.length && left.at(-1 - count) === right.at(-1 - count)) count++;
  return count;
}

/**
 * The paths that `wanted` means: the same one; else those of which it is a tail; else, since an image is often built
 * elsewhere than where its sources are now, the one with the longest common tail, if only one has it.
 */
export function matchPaths(wanted: string, candidates: readonly string[]): string[] {
  const path = normalisePath(wanted);
  if (candidates.includes(path)) return [path];
  const length = path.split('/').filter((part) => part !== '').length;
  const tails = candidates.map((candidate) => commonTail(path, candidate));
  const best = Math.max(0, ...tails);
  if (best === 0) return [];
  const found = candidates.filter((_, index) => tails[index] === best);
  return best >= length && !isAbsolute(wanted) ? found : found.length === 1 ? found : [];
}
