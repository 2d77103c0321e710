/** The command line: which commands there are and what they accept. */
import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { serveDap } from './dap.ts';
import { demo, type DemoOptions } from './demo/demo.ts';
import { scenarioNames } from './demo/scenarios.ts';
import { exitStatus, UsageError } from './exitStatus.ts';
import type { Interruptions } from './interruption.ts';
import { declareRunOptions, portNumber, sealOption, type RunOptions } from './options.ts';
import { run } from './run.ts';
import { symbols, type SymbolsOptions } from './symbols.ts';

const exitStatuses = `
Exit status of run:
  0  the guest ended well          1  the guest failed
  2  usage, or unusable input      3  sealed writes under --fail-on-sealed-write
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
  program
    .command('symbols')
    .description('list the objects of an ELF file, or those that a seal covers')
    .argument('<elf>')
    .option('--sealed', 'only sealed regions and what is in them')
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

/** Commander's words in one line, with where to look. */
function usageMessage({ code, message }: CommanderError): string {
  if (code === 'commander.help')
    return 'a command is missing: run, symbols, dap or demo; see sealscope --help';
  return `${message.replace(/^error: |\.$/g, '').replaceAll('\n', ' ')}; see sealscope --help`;
}
