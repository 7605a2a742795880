import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Argument, Command, Option } from 'commander';
import type { App } from '../app-definition.ts';
import { newApp } from '../new/app.ts';
import { type CommandOptions, newCommand as newCommandOf } from '../new/command.ts';
import { carryOut, type Plan } from '../new/plan.ts';
import { newRoute } from '../new/route.ts';
import { newService } from '../new/service.ts';
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

/** @throws {OperatorError} if the working directory is no folder of an app */
function appFolder(): string {
  const root = process.cwd();
  if (!existsSync(join(root, 'cdk.json'))) throw new OperatorError('This is no folder of an app: no cdk.json.');
  return root;
}

const appCommand = new Command('app')
  .description('an app in a folder of its own: one service that publishes, and a test')
  .argument('<name>', 'one word, such as shop')
  .addHelpText('after', '\nExample: rollcall new app shop')
  .action((name: string) => write(join(process.cwd(), name), newApp(name)));

const serviceCommand = (app: Partial<App>) =>
  new Command('service')
    .description('a service that publishes: an event on a topic of its own, two routes, and a test')
    .argument('<name>', 'one word, such as orders')
    .option('--about <thing>', 'what its events are about, in the singular; default: the name, without an s at the end')
    .addHelpText('after', '\nExample: rollcall new service orders')
    .action((name: string, { about }: { about?: string }) => {
      const root = appFolder();
      write(root, newService(root, name, about, app));
    });

const subscriberCommand = (app: Partial<App>) =>
  new Command('subscriber')
    .description('a service of the app of this folder that reacts to the events of a topic')
    .argument('<name>', 'one word, such as coupons')
    .requiredOption('--of <topic>', 'its name, such as order-events')
    .addHelpText('after', '\nExample: rollcall new subscriber coupons --of order-events')
    .action(async (name: string, { of }: { of: string }) => {
      const root = appFolder();
      write(root, await newSubscriber(root, name, of, app));
    });

const commandCommand = (app: Partial<App>) =>
  new Command('command')
    .description('what one service tells another to do, by a queue')
    .argument('<name>', 'in the imperative, such as charge or refund-order')
    .requiredOption('--of <service>', 'the one that does it, such as payments')
    .requiredOption('--from <service>', 'the one that sends it, such as orders')
    .option('--reply <name>', 'the document that answers it, such as charged; default: no answer')
    .addHelpText('after', '\nExample: rollcall new command charge --of payments --from orders --reply charged')
    .action(async (name: string, options: CommandOptions) => {
      const root = appFolder();
      write(root, await newCommandOf(root, name, options, app));
    });

const ACCESS = ['public', 'read', 'write', 'services'] as const;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];
type Access = (typeof ACCESS)[number];

const routeCommand = new Command('route')
  .description('a route of a service, and its handler')
  .argument('<name>', 'key of the route and export of its handler, such as cancel')
  .addArgument(new Argument('<method>').choices(METHODS))
  .argument('<path>', 'with its parameter as {id}, such as /orders/{id}')
  .requiredOption('--of <service>', 'the one that answers it, such as orders')
  .addOption(new Option('--access <who>', 'default: read for GET, write for others').choices(ACCESS))
  .addHelpText('after', "\nExample: rollcall new route cancel DELETE '/orders/{id}' --of orders")
  .action((name: string, method: Method, path: string, options: { of: string; access?: Access }) => {
    const root = appFolder();
    const { of, access = method === 'GET' ? 'read' : 'write' } = options;
    write(root, newRoute(root, of, name, { method, path, access }));
  });

export const newCommand = (app: Partial<App>): Command =>
  new Command('new')
    .description(
      'writes what an app, or a part of it, begins with; overwrites no file, and edits those where a part is wired in',
    )
    .addCommand(appCommand)
    .addCommand(serviceCommand(app))
    .addCommand(subscriberCommand(app))
    .addCommand(commandCommand(app))
    .addCommand(routeCommand);
