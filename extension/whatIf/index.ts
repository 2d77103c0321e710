export { registerWhatIfCommands } from './commands.ts';
