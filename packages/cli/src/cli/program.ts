import { Command } from 'commander';
import about from '../../package.json' with { type: 'json' };
import type { App } from '../app-definition.ts';
import { AGGREGATE, optionOf } from '../words.ts';
import { circuitCommand } from './circuit.ts';
import { withStage } from './command.ts';
import { completion } from './completion.ts';
import { consoleCommand } from './console.ts';
import { discover } from './discover.ts';
import { doctor } from './doctor.ts';
import { issuer } from './issuer.ts';
import { later } from './later.ts';
import { called } from './name.ts';
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
Exit codes: 0 done; 1 it failed, or something is left; 2 the command line is wrong. Ctrl-C leaves what was done.
Colours: none with NO_COLOR=1, or where no terminal is.

Examples:
  npm run ops -- doctor                      what is wrong, and what to do
  npm run ops -- parked list --stage prod    of stage prod of your AWS account
  npm run ops -- queues --json               for scripts`;

function opsCommand({ commands = [], profiles, aggregate = AGGREGATE }: Partial<App>): Command {
  const name = optionOf(aggregate);
  const ops = withStage(new Command('ops'))
    .description('operate a stage of an app: in an embedded cloud, LocalStack or an account')
    .addHelpText('after', HELP);
  const every = [
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
  ];
  for (const command of [
    ...every,
    ...commands,
    tokenCommand(name),
    issuer,
    consoleCommand(),
    replay,
    reconcile,
    doctor,
  ])
    ops.addCommand(command);
  return ops;
}

/**
 * The whole command line.
 * @param app the app of the folder, as its rollcall.config.ts describes it
 */
export function createProgram(app: Partial<App>): Command {
  const program = new Command('rollcall')
    .description('Runs an app of the messaging kit on this machine, and operates its stages.')
    .version(about.version)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => process.stdout.write(called(text)),
      writeErr: (text) => process.stderr.write(called(text)),
    })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .showHelpAfterError('For all commands: --help');
  for (const command of [newCommand(app), startCommand(app), opsCommand(app), withStage(consoleCommand()), completion])
    program.addCommand(command);
  inherit(program);
  return program.setOptionValue('folder', app);
}

/** Subcommands that are added later do not inherit the help format and exit behaviour. */
function inherit(command: Command): void {
  for (const one of command.commands) inherit(one.copyInheritedSettings(command));
}
