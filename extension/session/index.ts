export { type RunState, SealscopeSession } from './session.ts';
export {
  SealscopeSessions,
  type Phase,
  type PhaseChange,
  type SealedWriteEvent,
  type Told,
} from './sessions.ts';
