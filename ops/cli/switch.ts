import { userInfo } from 'node:os';
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { Argument, Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { v7 as newId } from 'uuid';
import { type Capability, capabilities, type Mode, type Profile, profiles } from '../../shared/config/capabilities.ts';
import {
  changeSwitches,
  modeOf,
  readSwitches,
  type Switch,
  type SwitchChange,
} from '../../shared/resilience/switches.ts';
import { atLeastOne, onStage } from './command.ts';
import { age, printJson, printTable } from './output.ts';
import { OperatorError, type Stage } from './stage.ts';

const names = Object.keys(capabilities) as Capability[];

const table = (stage: Stage) => stage.table('switches');

const UNITS = { s: 1, min: 60, h: 3_600, d: 86_400 } as const;

function duration(text: string): number {
  const [, amount, unit] = /^(\d+)(s|min|h|d)$/.exec(text) ?? [];
  if (amount && unit) return Number(amount) * UNITS[unit as keyof typeof UNITS] * 1000;
  throw new InvalidArgumentError('It must be a number with s, min, h or d, such as 30min.');
}

const list = new Command('list')
  .description('how every capability is switched')
  .addHelpText('after', '\nExample: npm run ops -- switch list')
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const switches = await stage.ask(() => readSwitches(stage.dynamodb, table(stage)));
      const now = new Date();
      const rows = names.map((capability) => {
        const switched = switches.get(capability);
        const mode = modeOf(switched, now);
        return { capability, mode, ...(switched && mode === switched.mode && about(switched)) };
      });
      if (json) return printJson(rows);
      printTable(
        rows.map(({ capability, mode, ...rest }) => ({ capability, mode, by: '', why: '', until: '', ...rest })),
      );
    }),
  );

const about = ({ by, why, at, until }: Switch) => ({ by, why, at, ...(until && { until }) });

interface How {
  why: string;
  for?: number;
  by?: string;
}

/** In a container, a user may have no name. */
function whoami(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'unknown';
  }
}

async function change(
  stage: Stage,
  modes: ReadonlyArray<readonly [Capability, Mode]>,
  how: How,
): Promise<SwitchChange[]> {
  const at = new Date();
  const changes = modes.map(([capability, mode]) => ({
    capability,
    mode,
    by: how.by ?? whoami(),
    why: how.why,
    at: at.toISOString(),
    ...(how.for !== undefined && mode !== 'on' && { until: new Date(at.getTime() + how.for).toISOString() }),
  }));
  const ids = changes.map(() => newId());
  await stage.ask(() => changeSwitches(stage.dynamodb, table(stage), changes, ids));
  return changes;
}

function report(changes: readonly SwitchChange[], json: boolean | undefined): void {
  if (json) {
    printJson(changes);
    return;
  }
  for (const { capability, mode, until } of changes) {
    console.log(`${capability} is switched to ${pc.bold(mode)}${until ? ` until ${until}` : ''}`);
  }
  console.log(pc.dim('It reaches every instance within five seconds.'));
}

const withHow = (command: Command) =>
  command
    .requiredOption('--why <text>', 'the reason, for whoever looks at it next')
    .option('--for <time>', 'switch back to on by itself, after 30min, 2h or 1d', duration)
    .option('--by <name>', 'who switches (default: you)');

const set = withHow(new Command('set'))
  .description('switch one capability')
  .addArgument(new Argument('<capability>').choices(names))
  .argument('<mode>', `on; or ${names.map((name) => `${name}: ${capabilities[name].join(', ')}`).join('; ')}`)
  .addHelpText('after', "\nExample: npm run ops -- switch set sms pause --why 'the provider bills twice' --for 2h")
  .action(
    onStage<How, [Capability, string]>(async (stage, options, capability, mode) => {
      const modes: readonly string[] = ['on', ...capabilities[capability]];
      if (!modes.includes(mode)) {
        throw new OperatorError(`${capability} cannot be switched to "${mode}", but to: ${modes.join(', ')}.`);
      }
      report(await change(stage, [[capability, mode as Mode]], options), options.json);
    }),
  );

const profile = withHow(new Command('profile'))
  .description('switch several capabilities at once')
  .addArgument(new Argument('<profile>').choices(Object.keys(profiles)))
  .addHelpText('after', "\nExample: npm run ops -- switch profile incident --why 'points are wrong' --for 30min")
  .action(
    onStage<How, [Profile]>(async (stage, options, name) => {
      const modes = Object.entries(profiles[name]) as Array<[Capability, Mode]>;
      report(await change(stage, modes, options), options.json);
    }),
  );

const history = new Command('history')
  .description('who switched what, when and why, the latest first')
  .option('--limit <n>', 'so many', atLeastOne, 20)
  .addHelpText('after', '\nExample: npm run ops -- switch history --limit 5')
  .action(
    onStage<{ limit: number }, []>(async (stage, { limit, json }) => {
      const found = await stage.ask(async () => {
        const changes: SwitchChange[] = [];
        const pages = paginateQuery(
          { client: stage.dynamodb },
          {
            TableName: table(stage),
            ScanIndexForward: false,
            Limit: limit,
            KeyConditionExpression: 'pk = :history',
            ExpressionAttributeValues: { ':history': 'history' },
          },
        );
        for await (const { Items = [] } of pages) {
          changes.push(...Items.map(({ pk: _, sk: __, ...rest }) => rest as SwitchChange));
          if (changes.length >= limit) break;
        }
        return changes.slice(0, limit);
      });
      if (json) return printJson(found);
      const now = new Date();
      printTable(
        found.map(({ capability, mode, by, why, at, until = '' }) => ({
          capability,
          mode,
          by,
          why: why.slice(0, 80),
          ago: age(at, now),
          until,
        })),
      );
      if (found.length === 0) console.log(pc.dim('Nothing was ever switched.'));
    }),
  );

export const switchCommand = new Command('switch').description('capabilities that can be paused, skipped or degraded');
for (const command of [list, set, profile, history]) switchCommand.addCommand(command);
