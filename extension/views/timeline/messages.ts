/** What the view of the permission timeline asks the adapter for. */
import type { CustomResult } from '../../../server/debug/protocol.ts';

export type Timeline = CustomResult<'sealscope/timeline'>;
export type PermissionEvent = Timeline['events'][number];
export type Differences = CustomResult<'sealscope/permissionDifference'>;
export type Difference = Differences['differences'][number];
export type Windows = CustomResult<'sealscope/windows'>;
export type SealWindow = Windows['windows'][number];
export type WindowDetails = CustomResult<'sealscope/window'>;
export type Region = CustomResult<'sealscope/seals'>['regions'][number];

export const questions = [
  'sealscope/timeline',
  'sealscope/permissionDifference',
  'sealscope/windows',
  'sealscope/window',
  'sealscope/seals',
  'sealscope/find',
] as const;
export type Question = (typeof questions)[number];
