/** A what-if file: one specification a line. `#` begins a comment, empty lines mean nothing. */

export interface WhatIfLine {
  readonly spec: string;
  /** From 1. */
  readonly line: number;
}

export function readWhatIfFile(text: string): WhatIfLine[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const spec = line.replace(/#.*$/, '').trim();
    return spec === '' ? [] : [{ spec, line: index + 1 }];
  });
}
