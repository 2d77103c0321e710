/** Which names fit a search best. */

interface Candidate {
  readonly name: string;
}

/**
 * Up to `limit` candidates whose name contains `wanted`, whatever its case: the same name first, then names that
 * begin with it, then names in which a word begins with it, then others; shorter ones before longer ones.
 */
export function rank<T extends Candidate>(wanted: string, candidates: Iterable<T>, limit: number): T[] {
  const lower = wanted.toLowerCase();
  const found: { readonly candidate: T; readonly score: number }[] = [];
  for (const candidate of candidates) {
    const score = scoreOf(candidate.name, wanted, lower);
    if (score !== undefined) found.push({ candidate, score });
  }
  found.sort((a, b) => a.score - b.score || compareNames(a.candidate.name, b.candidate.name));
  return found.slice(0, limit).map(({ candidate }) => candidate);
}

function scoreOf(name: string, wanted: string, lower: string): number | undefined {
  if (name === wanted) return 0;
  const at = name.toLowerCase().indexOf(lower);
  if (at < 0) return undefined;
  if (at === 0) return name.length === wanted.length ? 1 : 2;
  return /[^A-Za-z0-9]/.test(name[at - 1]!) ? 3 : 4;
}

function compareNames(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
