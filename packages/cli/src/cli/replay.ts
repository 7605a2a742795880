import { Command } from 'commander';
import pc from 'picocolors';
import { archiveOf, checkPeriod, consequencesOf, followReplay, startReplay } from '../stage/replay.ts';
import { onStage, subscriberNamed } from './command.ts';
import { confirm } from './confirm.ts';
import { moment } from './moment.ts';
import { printJson } from './output.ts';

interface ReplayOptions {
  since: Date;
  until?: Date;
  wait: boolean;
  yes?: boolean;
}

export const replay = new Command('replay')
  .description('let a subscriber read history again: one that is late, or was repaired, or has lost its table')
  .argument('<subscriber>')
  .requiredOption(
    '--since <time>',
    'from this time, such as 2026-11-20T10:00:00Z; or so long ago: 30min, 2h, 3d',
    moment,
  )
  .option('--until <time>', 'up to this time; default: everything', moment)
  .option('--no-wait', 'only start it')
  .option('--yes', 'do not ask')
  .addHelpText(
    'after',
    '\nIt takes what the topic keeps (eventArchiveDays in infra/stages.ts). Commands are not kept. Ctrl-C ends the waiting, not\nthe replay.\nExample: npm run ops -- replay fulfilment --since 2h',
  )
  .action(
    onStage<ReplayOptions, [string]>(async (stage, { since, until, wait, yes, json }, subscriber) => {
      const archived = await archiveOf(stage, await subscriberNamed(stage, subscriber));
      const period = { since, ...(until && { until }) };
      checkPeriod(archived, period, new Date());
      await confirm(consequencesOf(archived, period), yes);
      await startReplay(stage, archived, period);
      if (wait) {
        await followReplay(stage, archived, ({ isSent, waiting }) =>
          status(`${waiting} messages wait${isSent ? '' : '; more are to come'}`),
        );
        status('');
      }
      const { topic } = archived;
      if (json) return printJson({ subscriber, topic, ...period, finished: wait });
      console.log(wait ? `${subscriber} has read ${topic} again.` : `${subscriber} reads ${topic} again.`);
      console.log(pc.dim(`What it could not apply: npm run ops -- parked list --subscriber ${subscriber}`));
    }),
  );

/** A line that the next one takes the place of, where a person is looking. */
function status(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
