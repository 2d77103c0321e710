export { registerJumpCommands } from './commands.ts';
export { locate, standingSession, targetOf } from './target.ts';
export { type Watch, Watches } from './watches.ts';
