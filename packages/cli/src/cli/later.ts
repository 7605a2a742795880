import { Command } from 'commander';
import pc from 'picocolors';
import { normalizeId } from '../stage/ids.ts';
import { scheduledMessages, sendOrCancel } from '../stage/later.ts';
import { atLeastOne, onStage } from './command.ts';
import { printJson, printTable } from './output.ts';

const list = new Command('list')
  .description('list scheduled messages, the next first')
  .argument('[aggregate]', 'only messages about this aggregate')
  .option('--limit <n>', 'maximum number of rows; --json shows all', atLeastOne, 50)
  .addHelpText('after', '\nExample: npm run ops -- later list 0199…')
  .action(
    onStage<{ limit: number }, [string | undefined]>(async (stage, { limit, json }, aggregate) => {
      const all = await scheduledMessages(stage, aggregate === undefined ? undefined : normalizeId(aggregate));
      if (json) return printJson(all);
      printTable(
        all.slice(0, limit).map(({ subject, name, due, channel, body }) => ({
          ...{ aggregate: subject, name, due, channel },
          type: (JSON.parse(body) as { type: string }).type,
        })),
      );
      const count = all.length > limit ? `the next ${limit} of ${all.length}` : `${all.length} scheduled`;
      console.log(pc.dim(all.length === 0 ? 'No message is scheduled.' : count));
    }),
  );

const operatorCommand = (name: string, description: string, what: 'sendNow' | 'cancel', done: string) =>
  new Command(name)
    .description(description)
    .argument('<aggregate>', 'id of the aggregate')
    .argument('<name>', 'name of the message, as `later list` shows it')
    .addHelpText('after', `\nExample: npm run ops -- later ${name} 0199… deadline`)
    .action(
      onStage<object, [string, string]>(async (stage, { json }, aggregate, messageName) => {
        const key = { subject: normalizeId(aggregate), name: messageName };
        await sendOrCancel(stage, key, what);
        if (json) return printJson({ ...key, [done]: true });
        console.log(`${key.name} of ${key.subject} is ${done}.`);
      }),
    );

export const later = new Command('later').description('scheduled messages: committed, to be sent later');
for (const command of [
  list,
  operatorCommand('send', 'send a message before its time', 'sendNow', 'sent'),
  operatorCommand('cancel', 'cancel a message', 'cancel', 'cancelled'),
])
  later.addCommand(command);
