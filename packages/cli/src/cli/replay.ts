import { Command } from 'commander';
import pc from 'picocolors';
import { archiveOf, checkPeriod, consequencesOf, followReplay, startReplay } from '../stage/replay.ts';
import { onStage, subscriberNamed } from './command.ts';
import { confirm } from './confirm.ts';
import { printJson } from './output.ts';
import { parseTime } from './parse-time.ts';

interface ReplayOptions {
  since: Date;
  until?: Date;
  wait: boolean;
  yes?: boolean;
}

export const replay = new Command('replay')
  .description('replay published events to a subscriber that is new, was repaired or has lost its table')
  .argument('<subscriber>')
  .requiredOption(
    '--since <time>',
    'replay events from this time, such as 2026-11-20T10:00:00Z, or a duration before now: 30min, 2h, 3d',
    parseTime,
  )
  .option('--until <time>', 'replay events up to this time; default: now', parseTime)
  .option('--no-wait', 'start the replay without waiting for its end')
  .option('--yes', 'do not ask for confirmation')
  .addHelpText(
    'after',
    '\nReplays the archive of the topic (eventArchiveDays in infra/stages.ts). Commands are not archived. Ctrl-C stops\nwaiting; the replay continues.\nExample: npm run ops -- replay fulfilment --since 2h',
  )
  .action(
    onStage<ReplayOptions, [string]>(async (stage, { since, until, wait, yes, json }, subscriber) => {
      const archive = await archiveOf(stage, await subscriberNamed(stage, subscriber));
      const period = { since, ...(until && { until }) };
      checkPeriod(archive, period, new Date());
      await confirm(consequencesOf(archive, period), yes);
      await startReplay(stage, archive, period);
      if (wait) {
        await followReplay(stage, archive, ({ isSent, waiting }) =>
          status(`${waiting} messages in the queue${isSent ? '' : '; more will follow'}`),
        );
        status('');
      }
      const { topic } = archive;
      if (json) return printJson({ subscriber, topic, ...period, finished: wait });
      console.log(
        wait
          ? `The replay of ${topic} to ${subscriber} is complete.`
          : `The replay of ${topic} to ${subscriber} has started.`,
      );
      console.log(
        pc.dim(`Messages that ${subscriber} could not apply: npm run ops -- parked list --subscriber ${subscriber}`),
      );
    }),
  );

/** Prints a line that the next call overwrites. Prints nothing if standard error is not a terminal. */
function status(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
