/** Debug information that had to be left out: told, but never in a flood. */

const toldAtMost = 3;

/** A listener for `SymbolFile.onProblem` that tells the first few problems, and then that there are more. */
export function debugInfoProblems(tell: (text: string) => void): (problem: Error) => void {
  let count = 0;
  return (problem) => {
    count++;
    if (count <= toldAtMost) tell(`malformed debug information is left out: ${problem.message}`);
    else if (count === toldAtMost + 1) tell('more debug information is malformed and left out');
  };
}
