export { registerJumpCommands } from './commands.ts';
export { type Watch, Watches } from './watches.ts';
