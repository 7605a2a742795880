import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import type { App } from '../app-definition.ts';
import { newApp } from '../new/app.ts';
import { carryOut, type Plan } from '../new/plan.ts';
import { newSubscriber } from '../new/subscriber.ts';
import { OperatorError } from '../stage/errors.ts';

/** Writes a plan, and says what was written, and what is left to do. */
function write(root: string, plan: Plan): void {
  carryOut(root, plan);
  const shown = (path: string) => relative(process.cwd(), join(root, path));
  for (const path of Object.keys(plan.files)) console.log(`written  ${shown(path)}`);
  for (const path of Object.keys(plan.edits ?? {})) console.log(`changed  ${shown(path)}`);
  console.log(`\nNext:\n${plan.next.map((line) => `- ${line}`).join('\n')}`);
}

const appCommand = new Command('app')
  .description('an app in a folder of its own: one service that publishes, and a test')
  .argument('<name>', 'one word, such as shop')
  .addHelpText('after', '\nExample: rollcall new app shop')
  .action((name: string) => write(join(process.cwd(), name), newApp(name)));

const subscriberCommand = (app: Partial<App>) =>
  new Command('subscriber')
    .description('a service of the app of this folder that reacts to the events of a topic')
    .argument('<name>', 'one word, such as coupons')
    .requiredOption('--of <topic>', 'its name, such as order-events')
    .addHelpText('after', '\nExample: rollcall new subscriber coupons --of order-events')
    .action(async (name: string, { of }: { of: string }) => {
      const root = process.cwd();
      if (!existsSync(join(root, 'cdk.json'))) throw new OperatorError('This is no folder of an app: no cdk.json.');
      write(root, await newSubscriber(root, name, of, app));
    });

export const newCommand = (app: Partial<App>): Command =>
  new Command('new')
    .description('writes what an app, or a part of it, begins with; overwrites nothing')
    .addCommand(appCommand)
    .addCommand(subscriberCommand(app));
