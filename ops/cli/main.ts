import { Command } from 'commander';
import pc from 'picocolors';
import { CloudError } from '../../local/errors.ts';
import { circuitCommand } from './circuit.ts';
import { EMBEDDED_CLOUD, onStage, url } from './command.ts';
import { discover } from './discover.ts';
import { doctor } from './doctor.ts';
import { limits } from './limits.ts';
import { member } from './member.ts';
import { outbox } from './outbox.ts';
import { printJson, printTable } from './output.ts';
import { parked } from './parked.ts';
import { replay } from './replay.ts';
import { OperatorError } from './stage.ts';
import { switchCommand } from './switch.ts';
import { token } from './token.ts';
import { topology } from './topology.ts';

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

const program = new Command('npm run ops --')
  .description('Looks after a stage of Rollcall: an embedded cloud, LocalStack or an account.')
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
  .configureHelp({ showGlobalOptions: true });
const commands = [
  parked,
  outbox,
  queues,
  switchCommand,
  circuitCommand,
  discover,
  limits,
  member,
  token,
  topology,
  replay,
  doctor,
];
for (const command of commands) program.addCommand(command);
// Added commands do not inherit how help is shown.
for (const command of commands.flatMap((one) => [one, ...one.commands])) {
  command.configureHelp({ showGlobalOptions: true });
}

try {
  await program.parseAsync();
} catch (error) {
  const { name, message } = error as Error;
  console.error(
    pc.red(error instanceof OperatorError || error instanceof CloudError ? message : `${name}: ${message}`),
  );
  process.exitCode = 1;
}
