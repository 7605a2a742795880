import { Command } from 'commander';
import { onStage } from './command.ts';
import { printJson, printTable } from './output.ts';

export const queues = new Command('queues')
  .description('show how many messages are in each queue')
  .addHelpText('after', '\nExample: npm run ops -- queues --stage prod')
  .action(
    onStage<object, []>(async (stage, { json }) => {
      const states = await stage.queues();
      if (json) printJson(states);
      else printTable(states.map((state) => ({ ...state })));
    }),
  );
