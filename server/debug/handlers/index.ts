/** Every request that this adapter answers; a command that is missing here does not compile. */
import type { Command, Handlers } from '../requests.ts';
import { breakpointHandlers } from './breakpoints.ts';
import { customHandlers } from './custom.ts';
import { evaluateHandlers } from './evaluate.ts';
import { exceptionHandlers } from './exceptions.ts';
import { executionHandlers } from './execution.ts';
import { lifecycleHandlers, type Connection } from './lifecycle.ts';
import { memoryHandlers } from './memory.ts';
import { sourceHandlers } from './sources.ts';
import { stackHandlers } from './stack.ts';
import { variableHandlers } from './variables.ts';

export function allHandlers(connection: Connection): Handlers<Command> {
  return {
    ...lifecycleHandlers(connection),
    ...executionHandlers,
    ...breakpointHandlers,
    ...exceptionHandlers,
    ...stackHandlers,
    ...variableHandlers,
    ...evaluateHandlers,
    ...memoryHandlers,
    ...sourceHandlers,
    ...customHandlers,
  };
}
