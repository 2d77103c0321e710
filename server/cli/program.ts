/** The command line: which commands there are and what they accept. */
import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { serveDap } from './dap.ts';
import { demo, type DemoOptions } from './demo/demo.ts';
import { scenarioNames } from './demo/scenarios.ts';
import { exitStatus, UsageError } from './exitStatus.ts';
import type { Interruptions } from './interruption.ts';
import { collect, declareRunOptions, portNumber, sealOption, type RunOptions } from './options.ts';
import { run } from './run.ts';
import { symbols, type SymbolsOptions } from './symbols.ts';
import { whatIfBisect, whatIfRun, type WhatIfOptions } from './whatIf.ts';

const exitStatuses = `
Exit status of run:
  0  the guest ended well          1  the guest failed
  2  usage, or unusable input      3  sealed writes or broken rules under --fail-on-sealed-write
  4  the limit of instructions was reached`;

/**
 * Runs one command line (without node and the script's name) and resolves to the process's exit status.
 * @throws UsageError for a command line that cannot be served.
 */
export async function runCommandLine(args: readonly string[], interruptions: Interruptions): Promise<number> {
  let status: number = exitStatus.ok;
  const program = describe(interruptions, (result) => {
    status = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitStatus.ok;
    throw new UsageError(usageMessage(error));
  }
  return status;
}

function describe(interruptions: Interruptions, finish: (status: number) => void): Command {
  const program = new Command('sealscope')
    .description(
      'Runs RISC-V kernels whose memory is sealed after init, and stops at stores that a seal refuses.',
    )
    .version(packageJson.version)
    // Set before the commands, which inherit both: errors are reported in one place, main.node.ts.
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  declareRunOptions(program.command('run').description('run an image without an editor').argument('<image>'))
    .addHelpText('after', exitStatuses)
    .action(async (image: string, options: RunOptions) => {
      finish(await run(image, options, interruptions));
    });
  const whatIf = program
    .command('what-if')
    .description('seal candidates byte by byte, without a rebuild, and see who writes to them');
  whatIfCommand(
    whatIf,
    'run',
    'run every scenario and list what each candidate could be annotated with',
  ).action(async (image: string, options: WhatIfOptions) => {
    finish(await whatIfRun(image, options, interruptions));
  });
  whatIfCommand(
    whatIf,
    'bisect',
    'find the candidates that the guest survives to have refused (--on-sealed-write oops) or dropped (skip)',
  ).action(async (image: string, options: WhatIfOptions) => {
    finish(await whatIfBisect(image, options, interruptions));
  });
  program
    .command('symbols')
    .description('list the objects of an ELF file, or those that a seal covers')
    .argument('<elf>')
    .option('--sealed', 'only sealed regions and what is in them')
    .option('--candidates', 'writable variables with file scope and no seal, as a file for --what-if')
    .addOption(
      new Option('--under <directory>', 'with --candidates: of these source directories (repeatable)')
        .argParser(collect)
        .default([], 'all'),
    )
    .option('--all', 'with --candidates: arrays and structures too, not only scalars and pointers')
    .addOption(sealOption())
    .option('--json', 'one JSON object a line')
    .action((elf: string, options: SymbolsOptions) => {
      finish(symbols(elf, options));
    });
  program
    .command('dap')
    .description('serve the Debug Adapter Protocol on stdio, or on 127.0.0.1')
    .option('--port <n>', 'TCP port; 0 takes a free one', portNumber)
    .action(async ({ port }: { port?: number }) => {
      finish(await serveDap(port, interruptions));
    });
  program
    .command('demo')
    .description("tell the bundled sample's story in the terminal")
    .addOption(new Option('--scenario <name>', 'which bug').choices(scenarioNames).default('resume'))
    .addOption(
      new Option('--choice <action>', 'what to do at the refused store (default: ask, or retry)').choices([
        'oops',
        'retry',
        'write-once',
        'skip',
      ]),
    )
    .action(async (options: DemoOptions) => {
      finish(await demo(options, interruptions));
    });
  return program;
}

function whatIfCommand(parent: Command, name: string, description: string): Command {
  return declareRunOptions(parent.command(name).description(description).argument('<image>'))
    .addOption(
      new Option(
        '--scenario <name=text>',
        "a run, and what it adds to the kernel's command line (repeatable)",
      )
        .argParser(collect)
        .default([], 'one run'),
    )
    .option('--expect <text>', 'a run is good only if the guest prints this');
}

/** Commander's words in one line, with where to look. */
function usageMessage({ code, message }: CommanderError): string {
  if (code === 'commander.help')
    return 'a command is missing: run, what-if, symbols, dap or demo; see sealscope --help';
  return `${message.replace(/^error: |\.$/g, '').replaceAll('\n', ' ')}; see sealscope --help`;
}
