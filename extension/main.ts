/** Sealscope in VS Code: contributes the debugger. All knowledge about kernels is in the debug adapter. */
import { type ExtensionContext, commands, debug, DebugConfigurationProviderTriggerKind } from 'vscode';
import { AdapterFactory } from './adapter.ts';
import { ConfigurationProvider, KernelConfigurations } from './configuration.ts';
import { openSample } from './sample.ts';
import { SealscopeSessions } from './session/index.ts';

const TYPE = 'sealscope';

export function activate(context: ExtensionContext): void {
  const sessions = new SealscopeSessions(TYPE);
  context.subscriptions.push(
    sessions,
    debug.registerDebugAdapterDescriptorFactory(
      TYPE,
      new AdapterFactory(context.asAbsolutePath('dist/debug-adapter.js')),
    ),
    debug.registerDebugConfigurationProvider(TYPE, new ConfigurationProvider()),
    debug.registerDebugConfigurationProvider(
      TYPE,
      new KernelConfigurations(),
      DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    commands.registerCommand(
      'sealscope.openSample',
      openSample(context.asAbsolutePath('samples/resume-bug')),
    ),
  );
}
