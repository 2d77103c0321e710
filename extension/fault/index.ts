export { actionLooks } from './actions.ts';
export { registerFaultCommands, sentence } from './commands.ts';
export { type Choice, type Fact, type Fault, Faults } from './faults.ts';
