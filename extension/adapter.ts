import { type DebugAdapterDescriptorFactory, DebugAdapterExecutable } from 'vscode';

/**
 * Starts one debug adapter a session, as a process of its own: a guest that runs at full speed must not slow the
 * extension host, and an adapter that dies must not take anything else along. VS Code ends the process with the
 * session. It runs on VS Code's own Node.js, so that users need none.
 */
export class AdapterFactory implements DebugAdapterDescriptorFactory {
  readonly #script: string;

  constructor(script: string) {
    this.#script = script;
  }

  createDebugAdapterDescriptor(): DebugAdapterExecutable {
    // On a desktop execPath is Electron, which the variable turns into Node.js; on a server it is Node.js already.
    return new DebugAdapterExecutable(process.execPath, [this.#script], {
      env: { ELECTRON_RUN_AS_NODE: '1' },
    });
  }
}
