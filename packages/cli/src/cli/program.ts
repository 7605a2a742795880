import { Command } from 'commander';
import about from '../../package.json' with { type: 'json' };
import type { App } from '../app-definition.ts';
import { AGGREGATE, aggregateOption } from '../words.ts';
import { circuitCommand } from './circuit.ts';
import { withStage } from './command.ts';
import { withCommandNames } from './command-names.ts';
import { completion } from './completion.ts';
import { consoleCommand } from './console.ts';
import { discover } from './discover.ts';
import { doctor } from './doctor.ts';
import { issuer } from './issuer.ts';
import { later } from './later.ts';
import { newCommand } from './new.ts';
import { outbox } from './outbox.ts';
import { parked } from './parked.ts';
import { processCommand } from './process.ts';
import { queues } from './queues.ts';
import { reconcile } from './reconcile.ts';
import { replay } from './replay.ts';
import { startCommand } from './start.ts';
import { switchCommand } from './switch.ts';
import { tailCommand } from './tail.ts';
import { tokenCommand } from './token.ts';
import { topology } from './topology.ts';
import { trace } from './trace.ts';

/** Exit code of an invalid command line. */
export const USAGE = 2;

const HELP = `
Exit codes: 0 success; 1 failure, or work remains; 2 invalid command line. Ctrl-C undoes nothing.
Colours: off with NO_COLOR=1, or if the output is not a terminal.

Examples:
  npm run ops -- doctor                      problems of the stage, and their remedies
  npm run ops -- parked list --stage prod    for stage prod of your AWS account
  npm run ops -- queues --json               JSON for scripts`;

function opsCommand({ commands = [], profiles, aggregate = AGGREGATE }: Partial<App>): Command {
  const name = aggregateOption(aggregate);
  const ops = withStage(new Command('ops'))
    .description('operate a stage of an app: in an embedded cloud, LocalStack or an account')
    .addHelpText('after', HELP);
  const all = [
    topology,
    trace,
    tailCommand(name),
    parked,
    outbox,
    later,
    processCommand,
    queues,
    switchCommand(profiles),
    circuitCommand,
    discover,
    ...commands,
    tokenCommand(name),
    issuer,
    consoleCommand(),
    replay,
    reconcile,
    doctor,
  ];
  for (const command of all) ops.addCommand(command);
  return ops;
}

/**
 * The whole command line.
 * @param app the app of the working folder, from its rollcall.config.ts
 */
export function createProgram(app: Partial<App>): Command {
  const program = new Command('rollcall')
    .description('Runs an app of the messaging kit on this machine, and operates its stages.')
    .version(about.version)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => process.stdout.write(withCommandNames(text)),
      writeErr: (text) => process.stderr.write(withCommandNames(text)),
    })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .showHelpAfterError('For all commands: --help');
  for (const command of [newCommand(app), startCommand(app), opsCommand(app), withStage(consoleCommand()), completion])
    program.addCommand(command);
  inherit(program);
  return program.setOptionValue('folder', app);
}

/** Copies the help format and exit behaviour to all subcommands, because `addCommand` does not copy them. */
function inherit(command: Command): void {
  for (const one of command.commands) inherit(one.copyInheritedSettings(command));
}
