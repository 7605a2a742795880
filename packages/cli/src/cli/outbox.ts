import { Command } from 'commander';
import pc from 'picocolors';
import { normalizeId } from '../stage/ids.ts';
import { atLeastOne, onStage } from './command.ts';
import { age, printJson, printTable } from './output.ts';

const list = new Command('list')
  .description('list messages that are committed and not yet published, the oldest first')
  .option('--limit <n>', 'maximum number of rows; --json shows all', atLeastOne, 50)
  .addHelpText('after', '\nExample: npm run ops -- outbox list --limit 10')
  .action(
    onStage<{ limit: number }, []>(async (stage, { limit, json }) => {
      const rows = (await Array.fromAsync(stage.outbox())).flat();
      rows.sort((a, b) => a.committedAt.localeCompare(b.committedAt) || a.version - b.version);
      if (json) return printJson(rows);
      const now = new Date();
      const shown = rows.slice(0, limit).map(({ aggregateId, version, messages, committedAt }) => ({
        aggregate: aggregateId,
        version,
        types: messages.map(({ type }) => type).join(', '),
        committed: age(committedAt, now),
        bytes: messages.reduce((total, { body }) => total + Buffer.byteLength(body), 0),
      }));
      printTable(shown);
      const count = rows.length > limit ? `the oldest ${limit} of ${rows.length}` : `${rows.length} pending`;
      console.log(pc.dim(rows.length === 0 ? 'All messages are published.' : count));
    }),
  );

const publish = new Command('publish')
  .description('publish pending messages now, and list the errors of those that fail')
  .argument('[aggregates...]', 'ids of aggregates; default: all')
  .addHelpText(
    'after',
    '\nExit code 1: some messages could not be published.\nExample: npm run ops -- outbox publish 0199…',
  )
  .action(
    onStage<object, [string[]]>(async (stage, { json }, aggregates) => {
      const report = await stage.publish(aggregates.length > 0 ? aggregates.map(normalizeId) : undefined);
      process.exitCode = report.failedAggregates > 0 || !report.finished ? 1 : 0;
      if (json) return printJson(report);
      for (const { aggregateId, error } of report.failed) console.log(pc.red(`${aggregateId}: ${error}`));
      console.log(`${report.published} published, ${report.failedAggregates} aggregates failed`);
      if (!report.finished)
        console.log(pc.yellow('The time limit was reached before all messages were processed. Run the command again.'));
    }),
  );

export const outbox = new Command('outbox').description('messages that are committed and not yet published');
for (const command of [list, publish]) outbox.addCommand(command);
