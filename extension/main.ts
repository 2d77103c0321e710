/** Sealscope in VS Code: what it contributes, as one list. All knowledge about kernels is in the debug adapter. */
import { type ExtensionContext, commands, debug, DebugConfigurationProviderTriggerKind } from 'vscode';
import { AdapterFactory } from './adapter.ts';
import { ConfigurationProvider, KernelConfigurations } from './configuration.ts';
import { GuestConsoles } from './console/guestConsoles.ts';
import { Faults, registerFaultCommands } from './fault/index.ts';
import { StatusBar, registerPhaseCommands } from './phase/index.ts';
import { Watches, registerJumpCommands } from './jump/index.ts';
import { registerLanguageSupport } from './language/index.ts';
import { registerOopsLinks } from './oops/links.ts';
import { registerLaunchJson } from './launchJson.ts';
import { openSample } from './sample.ts';
import { registerSampleTour } from './sampleTour.ts';
import { SealscopeSessions } from './session/index.ts';
import { FaultView } from './views/fault/faultView.ts';
import { registerObjectsView } from './views/objects/index.ts';
import { registerTimelineView } from './views/timeline/index.ts';
import { registerPermissionsView } from './views/permissions/index.ts';
import { SealedWrites, SealedWritesView, registerSealedWritesCommands } from './views/sealedWrites/index.ts';
import { registerWhatIfCommands } from './whatIf/index.ts';

const TYPE = 'sealscope';

export function activate(context: ExtensionContext): void {
  const sessions = new SealscopeSessions(TYPE);
  const faults = new Faults(sessions);
  const sealedWrites = new SealedWrites(sessions);
  const watches = new Watches(sessions);
  context.subscriptions.push(
    sessions,
    faults,
    sealedWrites,
    watches,

    // Starting
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
    registerLaunchJson(),
    commands.registerCommand(
      'sealscope.openSample',
      openSample(context.asAbsolutePath('samples/resume-bug')),
    ),

    // A refused store
    registerFaultCommands(faults),
    new FaultView(faults),

    registerSealedWritesCommands(sealedWrites),
    new SealedWritesView(sealedWrites, watches),

    // From init to sealed
    registerPhaseCommands(sessions),
    new StatusBar(sessions, faults),

    // Who may write where
    registerPermissionsView(context, sessions),
    registerTimelineView(context, sessions),
    registerObjectsView(context, sessions),

    new GuestConsoles(sessions),

    registerLanguageSupport(context, sessions),
    registerJumpCommands(sessions, watches),
    registerWhatIfCommands(sessions),
    registerOopsLinks(sessions),
    registerSampleTour(TYPE, context.asAbsolutePath('samples/resume-bug')),
  );
}
