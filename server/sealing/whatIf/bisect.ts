/** Which of a set of candidates hold together: each test is a whole run of the guest. */

export interface Bisection<T> {
  /** They held, all of them in one run. */
  readonly held: readonly T[];
  /** Each of these broke a run in which nothing else was new. */
  readonly broken: readonly T[];
}

/**
 * Adds candidates to those that hold, as many at a time as will, by halves where they will not. What has held is part
 * of every later run, so that the result was seen to hold as a whole.
 * @param known Holds already.
 * @param holds Runs the guest with a set of candidates. About b log n runs for b that break.
 */
export async function bisect<T>(
  known: readonly T[],
  candidates: readonly T[],
  holds: (candidates: readonly T[]) => Promise<boolean>,
): Promise<Bisection<T>> {
  let held = known;
  const broken: T[] = [];
  const add = async (group: readonly T[]): Promise<void> => {
    if (group.length === 0) return;
    const together = [...held, ...group];
    if (await holds(together)) {
      held = together;
      return;
    }
    if (group.length === 1) {
      broken.push(...group);
      return;
    }
    const middle = Math.ceil(group.length / 2);
    await add(group.slice(0, middle));
    await add(group.slice(middle));
  };
  await add(candidates);
  return { held, broken };
}
