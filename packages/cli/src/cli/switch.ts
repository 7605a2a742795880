import type { SwitchChange } from '@rollcall/kit/resilience/switches';
import { Argument, Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { type Capability, capabilities, type Profile, profiles } from '../../../../shared/config/capabilities.ts';
import {
  capabilityNames,
  type How,
  modeNamed,
  modesOfProfile,
  switchesOf,
  switchHistory,
  switchTo,
} from '../stage/switches.ts';
import { atLeastOne, onStage } from './command.ts';
import { age, printJson, printTable } from './output.ts';

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
      const rows = await switchesOf(stage, new Date());
      if (json) return printJson(rows);
      printTable(
        rows.map(({ capability, mode, by = '', why = '', at = '', until = '' }) => ({
          capability,
          mode,
          by,
          why,
          at,
          until,
        })),
      );
    }),
  );

interface Options extends Omit<How, 'forMs'> {
  for?: number;
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
  .addArgument(new Argument('<capability>').choices(capabilityNames))
  .argument('<mode>', `on; or ${capabilityNames.map((name) => `${name}: ${capabilities[name].join(', ')}`).join('; ')}`)
  .addHelpText('after', "\nExample: npm run ops -- switch set sms pause --why 'the provider bills twice' --for 2h")
  .action(
    onStage<Options, [Capability, string]>(async (stage, { json, ...how }, capability, mode) => {
      report(await switchTo(stage, [[capability, modeNamed(capability, mode)]], { ...how, forMs: how.for }), json);
    }),
  );

const profile = withHow(new Command('profile'))
  .description('switch several capabilities at once')
  .addArgument(new Argument('<profile>').choices(Object.keys(profiles)))
  .addHelpText('after', "\nExample: npm run ops -- switch profile incident --why 'points are wrong' --for 30min")
  .action(
    onStage<Options, [Profile]>(async (stage, { json, ...how }, name) => {
      report(await switchTo(stage, modesOfProfile(name), { ...how, forMs: how.for }), json);
    }),
  );

const history = new Command('history')
  .description('who switched what, when and why, the latest first')
  .option('--limit <n>', 'so many', atLeastOne, 20)
  .addHelpText('after', '\nExample: npm run ops -- switch history --limit 5')
  .action(
    onStage<{ limit: number }, []>(async (stage, { limit, json }) => {
      const found = await switchHistory(stage, limit);
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
