import type { SwitchChange } from '@rollcall/kit/internal/resilience/switches';
import { Argument, Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import {
  type ChangeDetails,
  capabilitiesOf,
  modeNamed,
  modesOfProfile,
  type Profiles,
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
  .description('list the mode of every capability')
  .addHelpText('after', '\nExample: npm run ops -- switch list')
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const rows = await switchesOf(stage, new Date());
      if (json) return printJson(rows);
      const modes = await capabilitiesOf(stage);
      printTable(
        rows.map(({ capability, mode, by = '', why = '', at = '', until = '' }) => ({
          capability,
          mode,
          by,
          why,
          at,
          until,
          'can be': ['on', ...(modes[capability] ?? [])].join(' '),
        })),
      );
    }),
  );

interface Options extends Omit<ChangeDetails, 'forMs'> {
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
  console.log(pc.dim('Every instance applies the change within five seconds.'));
}

const withSwitchOptions = (command: Command) =>
  command
    .requiredOption('--why <reason>', 'the reason, for other operators')
    .option('--for <time>', 'switch back to on automatically after this time: 30min, 2h or 1d', duration)
    .option('--by <name>', 'your name, for the history (default: your user)');

/** @param hints words that shells offer. Other words are accepted, too: which ones are valid depends on the stage. */
function withCompletions(argument: Argument, hints: readonly string[]): Argument {
  argument.argChoices = [...hints];
  return argument;
}

const setCommand = (profiles: Profiles) =>
  withSwitchOptions(new Command('set'))
    .description('switch one capability')
    .addArgument(withCompletions(new Argument('<capability>'), capabilitiesNamedBy(profiles)))
    .argument('<mode>', 'on, or a mode that `switch list` shows')
    .addHelpText(
      'after',
      "\nExample: npm run ops -- switch set payments pause --why 'the provider bills twice' --for 2h",
    )
    .action(
      onStage<Options, [string, string]>(async (stage, { json, ...how }, capability, mode) => {
        const wanted = modeNamed(await capabilitiesOf(stage), capability, mode);
        report(await switchTo(stage, [[capability, wanted]], { ...how, forMs: how.for }), json);
      }),
    );

const capabilitiesNamedBy = (profiles: Profiles) => [...new Set(Object.values(profiles).flatMap(Object.keys))];

const profileCommand = (profiles: Profiles) =>
  withSwitchOptions(new Command('profile'))
    .description('switch several capabilities at once, as defined in the rollcall.config.ts of this folder')
    .addArgument(withCompletions(new Argument('<profile>'), Object.keys(profiles)))
    .addHelpText('after', "\nExample: npm run ops -- switch profile incident --why 'payments are wrong' --for 30min")
    .action(
      onStage<Options, [string]>(async (stage, { json, ...how }, name) => {
        report(await switchTo(stage, modesOfProfile(profiles, name), { ...how, forMs: how.for }), json);
      }),
    );

const history = new Command('history')
  .description('list past changes of switches, the latest first')
  .option('--limit <n>', 'maximum number of entries', atLeastOne, 20)
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
      if (found.length === 0) console.log(pc.dim('No capability was ever switched.'));
    }),
  );

export function switchCommand(profiles: Profiles = {}): Command {
  const all = new Command('switch').description('capabilities, which can be paused, skipped or degraded');
  for (const command of [list, setCommand(profiles), profileCommand(profiles), history]) all.addCommand(command);
  return all;
}
