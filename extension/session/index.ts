export { type Phase, type PhaseChange, type RunState, SealscopeSession } from './session.ts';
export { SealscopeSessions, type SealedWriteEvent, type SealedWritesAtEnd, type Told } from './sessions.ts';
