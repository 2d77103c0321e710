export { registerPhaseCommands } from './commands.ts';
export { StatusBar } from './statusBar.ts';
