import { Command } from 'commander';
import about from '../../../../package.json' with { type: 'json' };
import { circuitCommand } from './circuit.ts';
import { EMBEDDED_CLOUD, onStage, url } from './command.ts';
import { completion } from './completion.ts';
import { consoleCommand } from './console.ts';
import { cost } from './cost.ts';
import { discover } from './discover.ts';
import { doctor } from './doctor.ts';
import { issuer } from './issuer.ts';
import { limits } from './limits.ts';
import { member } from './member.ts';
import { called, PROGRAM } from './name.ts';
import { outbox } from './outbox.ts';
import { printJson, printTable } from './output.ts';
import { parked } from './parked.ts';
import { replay } from './replay.ts';
import { switchCommand } from './switch.ts';
import { tail } from './tail.ts';
import { token } from './token.ts';
import { topology } from './topology.ts';
import { trace } from './trace.ts';

/** Exit code of a wrong command line. */
export const USAGE = 2;

const queues = new Command('queues')
  .description('how many messages wait in each queue')
  .addHelpText('after', '\nExample: npm run ops -- queues --stage prod')
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const states = await stage.queues();
      if (json) printJson(states);
      else printTable(states.map((state) => ({ ...state })));
    }),
  );

const HELP = `
Exit codes: 0 done; 1 it failed, or something is left; 2 the command line is wrong. Ctrl-C leaves what was done.
Colours: none with NO_COLOR=1, or where no terminal is.

Examples:
  npm run ops -- doctor                      what is wrong, and what to do
  npm run ops -- parked list --stage prod    of stage prod of your AWS account
  npm run ops -- queues --json               for scripts`;

/** The whole command line. */
export const program = new Command(PROGRAM)
  .description('Looks after a stage of Rollcall: an embedded cloud, LocalStack or an account.')
  .version(about.version)
  .option(
    '--stage <name>',
    "a stage of your AWS credentials' account and region; without it, that of an embedded cloud",
  )
  .option(
    '--endpoint <url>',
    `an embedded cloud or LocalStack (default: AWS_ENDPOINT_URL, else ${EMBEDDED_CLOUD})`,
    url,
  )
  .option('--json', 'print JSON and nothing else')
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({
    writeOut: (text) => process.stdout.write(called(text)),
    writeErr: (text) => process.stderr.write(called(text)),
  })
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
  .showHelpAfterError(`What there is: ${PROGRAM} COMMAND --help`)
  .addHelpText('after', HELP);
const commands = [
  topology,
  trace,
  tail,
  parked,
  outbox,
  queues,
  switchCommand,
  circuitCommand,
  discover,
  limits,
  cost,
  member,
  token,
  issuer,
  consoleCommand,
  replay,
  doctor,
  completion,
];
for (const command of commands) program.addCommand(command);
// Added commands do not inherit how help is shown, and how they end.
for (const command of commands.flatMap((one) => [one, ...one.commands])) command.copyInheritedSettings(program);
