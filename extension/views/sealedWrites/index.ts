export { registerSealedWritesCommands } from './commands.ts';
export { SealedWrites } from './sealedWrites.ts';
export { SealedWritesView } from './sealedWritesView.ts';
