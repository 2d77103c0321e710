/** What the view of write-once memory asks the adapter for. */
import type { CustomResult } from '../../../server/debug/protocol.ts';

export type WriteOnceObject = CustomResult<'sealscope/objects'>['objects'][number];
export type ObjectPages = CustomResult<'sealscope/objectPages'>;
export type ObjectPage = ObjectPages['pages'][number];
export type Violation = CustomResult<'sealscope/objectViolations'>['violations'][number];

export const questions = [
  'sealscope/objects',
  'sealscope/objectPages',
  'sealscope/objectViolations',
] as const;
export type Question = (typeof questions)[number];
