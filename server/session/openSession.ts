/** Opens a session: loads the guest, builds the machine, and composes the parts. Nothing runs yet. */
import { ConfigurationError, DEFAULT_ISA, Machine, PermissionTimeline } from '../../emulator/index.ts';
import { Diagnostician } from '../sealing/diagnosis.ts';
import { SealSpecError } from '../sealing/errors.ts';
import { ExceptionTable } from '../sealing/exceptionTable.ts';
import { Regions } from '../sealing/regions.ts';
import { Rules } from '../sealing/rules.ts';
import { RuntimeRoots } from '../sealing/runtimeRoot.ts';
import { SealTracker } from '../sealing/sealTracker.ts';
import { WhatIfSeals } from '../sealing/whatIf/whatIfSeals.ts';
import { WindowRules } from '../sealing/windows/windowRules.ts';
import { presetWriteOnce } from '../sealing/writeOnce/presets.ts';
import { openersOf } from '../sealing/writeOnce/specification.ts';
import type { NeighbourSymbol } from '../sealing/refusedStore.ts';
import { LayeredSymbols } from '../symbols/index.ts';
import { BreakpointTable } from './breakpoints/breakpointTable.ts';
import { ExceptionFilters } from './breakpoints/exceptionFilters.ts';
import type { SessionConfiguration } from './configuration.ts';
import { SessionError } from './errors.ts';
import type { OpenOptions, SessionEvent, SessionListener } from './events.ts';
import type { Guest } from './guest.ts';
import { GuestSeals } from './guestSeals.ts';
import type { SessionHost } from './host.ts';
import { GuestInspector } from './inspect/guestInspector.ts';
import { loadGuest, type LoadedGuest } from './load.ts';
import { observeMachine } from './observation.ts';
import { GuestLookup } from './lookup/guestLookup.ts';
import { GuestMappings } from './mappings/guestMappings.ts';
import { MappingHistory } from './mappings/history.ts';
import { GuestPhases } from './phases.ts';
import { canLoadModules, KernelModules } from './modules/kernelModules.ts';
import { ModuleFiles } from './modules/moduleFiles.ts';
import { CodeBreakpoints } from './run/codeBreakpoints.ts';
import { Execution } from './run/execution.ts';
import { GuestRun } from './run/guestRun.ts';
import { SealStops } from './run/sealStops.ts';
import { Slices } from './run/slices.ts';
import { Stepper } from './run/step.ts';
import type { Module } from './modules/module.ts';
import type { MachineFacts, Session } from './session.ts';
import { Sources } from './sources.ts';
import { GuestVerbs } from './verbs/guestVerbs.ts';
import { GuestWhatIf } from './whatIf/guestWhatIf.ts';
import { GuestTimeline } from './timeline/guestTimeline.ts';
import { GuestWindows } from './windows/guestWindows.ts';
import { Races } from './windows/races.ts';
import { GuestWriteOnce } from './writeOnce/guestWriteOnce.ts';

/**
 * @throws SessionError for everything that can be wrong with the configuration, the files and the image: one message
 * that names the thing and says what to do.
 */
export async function openSession(
  configuration: SessionConfiguration,
  host: SessionHost,
  options: OpenOptions = {},
): Promise<Session> {
  const loaded = await loadGuest(configuration, host, options);
  try {
    const modules = await modulesFor(configuration, host, loaded);
    options.onProgress?.({ text: 'Building the machine' });
    const machine = await buildMachine(loaded, configuration);
    if (options.signal?.aborted === true) throw new SessionError('cancelled', 'opening was cancelled');
    return compose(configuration, host, loaded, machine, modules);
  } catch (error) {
    loaded.close();
    throw error;
  }
}

/** What is needed to follow a kernel's modules. */
interface ModuleSupport {
  readonly files: ModuleFiles;
  readonly symbols: LayeredSymbols;
}

/** Undefined for a kernel that has no modules. */
async function modulesFor(
  { modules = [] }: SessionConfiguration,
  host: SessionHost,
  { symbols }: LoadedGuest,
): Promise<ModuleSupport | undefined> {
  const loadsModules = symbols !== undefined && canLoadModules(symbols);
  if (modules.length > 0 && !(loadsModules && symbols.hasDebugInfo))
    throw new SessionError(
      'configuration',
      '"modules" needs a Linux kernel with modules and its debug information: give its vmlinux as "symbols"',
    );
  if (!loadsModules) return undefined;
  return { files: await ModuleFiles.find(modules, host), symbols: new LayeredSymbols(symbols) };
}

async function buildMachine(loaded: LoadedGuest, configuration: SessionConfiguration): Promise<Machine> {
  try {
    return await Machine.create(loaded.machine);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const code = error.setting === 'image' ? 'image' : 'configuration';
    const file = deviceTreeFile(error.setting, configuration);
    const message = file === undefined ? error.message : `${file}: ${error.message}`;
    throw new SessionError(code, message, { cause: error });
  }
}

/** The machine knows a device tree's bytes, not the file they came from. */
function deviceTreeFile(setting: string, { dtb, dtbOverlays }: SessionConfiguration): string | undefined {
  if (setting === 'dtb') return `"dtb": ${dtb}`;
  const index = /^overlays\[(\d+)\]$/.exec(setting)?.[1];
  return index === undefined ? undefined : `"dtbOverlays": ${dtbOverlays?.[Number(index)]}`;
}

function compose(
  configuration: SessionConfiguration,
  host: SessionHost,
  loaded: LoadedGuest,
  machine: Machine,
  moduleSupport: ModuleSupport | undefined,
): Session {
  const { space, symbolsPath } = loaded;
  const symbols = moduleSupport?.symbols ?? loaded.symbols;
  const listeners = new Set<SessionListener>();
  const emit = (event: SessionEvent): void => {
    // What follows from an event is told after it; but nothing follows the end.
    if (event.type === 'exited') phases.note(event);
    for (const listener of [...listeners]) listener(event);
    if (event.type !== 'exited') phases.note(event);
  };
  const sources = new Sources(symbols, configuration.sourceMap ?? {}, directoryOf(symbolsPath));
  const guest: Guest = { machine, symbols, space, sources };
  const inspector = new GuestInspector(
    guest,
    (change) => emit({ type: 'changed', step: machine.step, ...change }),
    () => run.currentHart,
  );

  const regions = regionsOf(configuration, guest);
  const sealStops = new SealStops(configuration.stopAtSeal ?? false);
  const filters = new ExceptionFilters();
  const code = new CodeBreakpoints(machine, space);
  const permissions = new PermissionTimeline(machine);
  const writeOnceSpecs = configuration.writeOnce ?? (symbols === undefined ? [] : presetWriteOnce(symbols));
  const windows: GuestWindows = new GuestWindows({
    guest,
    inspector,
    permissions,
    rules: new WindowRules(configuration.writeWindows ?? {}, symbols, openersOf(writeOnceSpecs)),
    regions,
    filters,
    code,
    objectsWithin: (start, end) => diagnostician.objectsWithin(start, end),
    races: new Races({ machine, scheduler: host.scheduler, create: () => Machine.create(loaded.machine) }),
    trapsMatter: () => observation.filtersChanged(),
    emit,
    enabled: configuration.rodata !== 'off',
  });
  const tracker = new SealTracker({
    machine,
    space,
    regions,
    frames: windows.tracker.frames,
    stackOf: (hart) => inspector.stacks.places(hart),
    mappingsOf: (physical, length) => permissions.mappingsOf(physical, length).mappings,
    lastFence: (hart) => windows.tracker.lastFence(hart),
    onChange: (change) => {
      emit({ type: 'seal', step: change.moment.step, change });
      whatIf.sealChanged(change);
      if (sealStops.note(change)) machine.requestStop();
    },
  });
  const phases: GuestPhases = new GuestPhases(
    () => ({
      regions: regions.all.length,
      sealed: regions.all.filter((region) => tracker.isSealed(region)).length,
      partial: regions.all.filter((region) => tracker.status(region).state === 'partial').length,
      degraded: tracker.degraded,
    }),
    (phase) => emit({ type: 'phase', step: phase.step, phase }),
  );
  const rules = new Rules(ExceptionTable.of(symbols), {
    reportProbes: configuration.reportProbes ?? false,
    allowWriters: configuration.allowWriters ?? [],
  });
  const roots = new RuntimeRoots();
  const diagnostician = new Diagnostician({
    machine,
    symbols,
    space,
    regions,
    code: {
      chainAt: (pc) => inspector.places.chainAt(pc),
      stackOf: (hart) => inspector.stacks.places(hart),
      instructionText: (hart, pc) => inspector.instructionText(hart, pc),
      readMemory: (hart, address, length) => inspector.memory.read(address, length, { hart }).bytes,
      nameOf: (address) => inspector.nameOf(address),
      toHost: (path) => sources.toHost(path),
    },
    seals: {
      sealedAt: (region) => tracker.sealedAt(region),
      whatIfSince: () => whatIf.since,
      mappingsOf: (physical) => tracker.mappingsOf(physical),
      writersOf: (physical, size) => tracker.writers.lookUp(physical, size),
      rootOf: (hart, stack) => roots.of(hart, stack),
      fixupOf: (pc) => rules.fixupOf(pc),
      bypassText: (hart, bypass) => windows.bypassText(hart, bypass),
    },
  });

  const seals = new GuestSeals({
    machine,
    symbols,
    inspector,
    regions,
    tracker,
    rules,
    diagnostician,
    filters,
    emit,
    policy: configuration.onSealedWrite ?? 'ask',
    enabled: configuration.rodata !== 'off',
  });
  const writeOnce = new GuestWriteOnce({
    guest,
    inspector,
    code,
    rules,
    filters,
    timeline: permissions,
    specs: writeOnceSpecs,
    emit,
  });
  const timeline = new GuestTimeline({
    guest,
    inspector,
    permissions,
    sealed: windows.tracker.frames,
    filters,
  });
  const observation = observeMachine({
    guest,
    seals,
    filters,
    roots,
    phases,
    inspector,
    windows,
    writeOnce,
    emit,
  });
  const whatIfSeals = new WhatIfSeals({
    machine,
    physicalOf: (address) => inspector.memory.physicalOf(machine.currentHart, address),
    noteWriter: (access) => tracker.writers.note(access),
    stopsAt: (access) => seals.stopsAtWhatIf(access),
  });
  const whatIf: GuestWhatIf = new GuestWhatIf({
    guest,
    inspector,
    code,
    seals: whatIfSeals,
    guestSeals: seals,
    regions: regions.all,
    isSealed: (region) => tracker.isSealed(region),
    emit,
    specs: configuration.whatIf ?? [],
    after: configuration.whatIfAfter ?? 'seal',
  });
  const breakpoints = new BreakpointTable(guest, inspector, code, filters, () =>
    observation.filtersChanged(),
  );
  const modules =
    moduleSupport &&
    new KernelModules({
      guest,
      ...moduleSupport,
      inspector,
      regions,
      tracker,
      rules,
      code,
      breakpoints,
      emit,
      seals: (configuration.sealed ?? []).length === 0,
    });
  const slices = new Slices(machine, host.scheduler);
  const execution = new Execution({
    machine,
    inspector,
    seals,
    breakpoints,
    filters,
    code,
    slices,
    modules,
    whatIf,
    windows,
    writeOnce,
    timeline,
    emit,
    maxSteps: configuration.maxSteps,
    takeSealStop: () => sealStops.take(),
  });
  const entry = execution.stopAt(machine.currentHart, 'entry', 'At the entry, before the first instruction');
  const run: GuestRun = new GuestRun({
    guest,
    execution,
    stepper: new Stepper(guest, inspector, execution, code),
    slices,
    code,
    breakpoints,
    emit,
    entry,
    stopOnEntry: configuration.stopOnEntry ?? false,
    sealStops,
    moved: (hart) => seals.moved(hart),
  });
  const history = new MappingHistory(machine, host.scheduler, entry);
  listeners.add(history.listener);
  const kernelModule = kernelOf(guest, symbolsPath);
  const symbolsIn = (start: bigint, end: bigint): NeighbourSymbol[] =>
    diagnostician.objectsWithin(start, end, Infinity);

  return {
    configuration,
    run,
    breakpoints,
    inspect: inspector,
    seals,
    windows,
    whatIf,
    writeOnce,
    timeline,
    phases,
    mappings: new GuestMappings({ guest, seals, history, symbolsIn }),
    lookup: new GuestLookup({ guest, inspector, seals, symbolsIn }),
    sources,
    verbs: new GuestVerbs(seals, inspector, symbols),
    console: {
      send: (bytes) => {
        machine.sendInput(bytes);
        slices.wake();
      },
      end: () => execution.endInput(),
    },
    machine: machineFacts(machine, configuration.isa),
    get modules() {
      return [kernelModule, ...(modules?.list ?? [])];
    },
    symbols,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stateHash: () => machine.stateHash(),
    close: () => {
      run.close();
      observation.dispose();
      whatIfSeals.dispose();
      tracker.dispose();
      windows.dispose();
      writeOnce.dispose();
      timeline.dispose();
      permissions.dispose();
      history.forget();
      moduleSupport?.files.close();
      try {
        loaded.saveDisk(machine.diskChanges);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        emit({ type: 'log', step: machine.step, text: `saveDisk: what the guest wrote is lost: ${why}` });
      }
      loaded.close();
      listeners.clear();
    },
  };
}

function regionsOf(configuration: SessionConfiguration, { symbols, space }: Guest): Regions {
  try {
    return Regions.of(configuration.sealed ?? [], symbols, space);
  } catch (error) {
    if (!(error instanceof SealSpecError)) throw error;
    throw new SessionError('seal', error.message, { cause: error });
  }
}

function machineFacts({ config, harts, memory }: Machine, isa = DEFAULT_ISA): MachineFacts {
  return {
    harts: harts.length,
    memory: memory.size,
    isa,
    mmu: config.mmu,
    commandLine: config.commandLine,
  };
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.search(/[/\\][^/\\]*$/)));
}

function kernelOf({ symbols, space }: Guest, path: string): Module {
  const kind =
    symbols?.hasDebugInfo === true
      ? 'debug information'
      : (symbols?.symbols.count ?? 0) > 1
        ? 'symbol table'
        : 'none';
  return { id: 0, name: path.slice(path.search(/[^/\\]*$/)), path, symbols: kind, ranges: space.ranges };
}
