/** Files that hold what was once looked at and found right. `UPDATE_GOLDEN=1` writes them anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'vitest';

export function expectGolden(file: URL, text: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file.pathname), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  expect(existsSync(file), `${file.pathname} is missing: run once with UPDATE_GOLDEN=1 and look at it`).toBe(
    true,
  );
  expect(text).toBe(readFileSync(file, 'utf8'));
}
