import type { Decided } from '@rollcall/kit/internal/messaging/process/advance';
import { Command } from 'commander';
import pc from 'picocolors';
import { normalizeId } from '../stage/ids.ts';
import { sendProcessRequest, stuckProcesses } from '../stage/processes.ts';
import { onStage, subscriberNamed } from './command.ts';
import { age, printJson, printTable, sanitize } from './output.ts';

const list = new Command('list')
  .description('list processes that need an operator, longest-waiting first')
  .addHelpText('after', '\nExample: npm run ops -- process list')
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const found = await stuckProcesses(stage, await stage.subscribers());
      if (json) return printJson(found);
      const now = new Date();
      printTable(found.map(({ since, why, ...one }) => ({ ...one, since: age(since, now), why: why.slice(0, 100) })));
      if (found.length === 0) console.log(pc.dim('No process needs an operator.'));
    }),
  );

const SUBSCRIBER = 'consumer of the replies, as `process list` shows it';

const show = new Command('show')
  .description('show the completed steps and the current step of a process')
  .argument('<subscriber>', SUBSCRIBER)
  .argument('<process>', 'id of the process', normalizeId)
  .addHelpText('after', '\nExample: npm run ops -- process show orders-replies 0199…')
  .action(
    onStage<object, [string, string]>(async (stage, _, subscriber, id) =>
      printJson(await sendProcessRequest(stage, await subscriberNamed(stage, subscriber), id)),
    ),
  );

const decisionCommand = (name: string, description: string, decisionOf: (because: string) => Decided) =>
  new Command(name)
    .description(description)
    .argument('<subscriber>', SUBSCRIBER)
    .argument('<process>', 'id of the process', normalizeId)
    .requiredOption('--because <reason>', 'the reason, which is kept with the process')
    .addHelpText('after', `\nExample: npm run ops -- process ${name} orders-replies 0199… --because '…'`)
    .action(
      onStage<{ because: string }, [string, string]>(async (stage, { because, json }, subscriber, id) => {
        const found = await subscriberNamed(stage, subscriber);
        const process = await sendProcessRequest(stage, found, id, decisionOf(because));
        if (json) return printJson(process);
        console.log(`${sanitize(id)} is ${process.progress.state}.`);
      }),
    );

export const processCommand = new Command('process').description('processes (sagas), and decisions about them');
for (const command of [
  list,
  show,
  decisionCommand('retry', 'send the failed command again', (retry) => ({ retry })),
  decisionCommand('done', 'record that a person has done the failed step', (done) => ({ done })),
  decisionCommand('cancel', 'compensate the completed steps; only possible before the pivot', (cancel) => ({ cancel })),
])
  processCommand.addCommand(command);
