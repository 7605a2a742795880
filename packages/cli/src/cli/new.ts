import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Argument, Command, Option } from 'commander';
import type { App } from '../app-definition.ts';
import { newApp } from '../new/app.ts';
import { type CommandOptions, newCommand as newCommandOf } from '../new/command.ts';
import { type Plan, writePlan } from '../new/plan.ts';
import { newRoute } from '../new/route.ts';
import { newService } from '../new/service.ts';
import { newSubscriber } from '../new/subscriber.ts';
import { OperatorError } from '../stage/errors.ts';

/** Writes a plan, then prints the written files and the remaining steps. */
function write(root: string, plan: Plan): void {
  writePlan(root, plan);
  const shown = (path: string) => relative(process.cwd(), join(root, path));
  for (const path of Object.keys(plan.files)) console.log(`written  ${shown(path)}`);
  for (const path of Object.keys(plan.edits ?? {})) console.log(`changed  ${shown(path)}`);
  console.log(`\nNext:\n${plan.next.map((line) => `- ${line}`).join('\n')}`);
}

/** @throws {OperatorError} if the working directory is not the folder of an app */
function appFolder(): string {
  const root = process.cwd();
  if (!existsSync(join(root, 'cdk.json'))) throw new OperatorError('This folder contains no app: it has no cdk.json.');
  return root;
}

const appCommand = new Command('app')
  .description('create an app in a new folder: one publishing service, and a test')
  .argument('<name>', 'one word, such as shop')
  .addHelpText('after', '\nExample: rollcall new app shop')
  .action((name: string) => write(join(process.cwd(), name), newApp(name)));

const serviceCommand = (app: Partial<App>) =>
  new Command('service')
    .description('add a publishing service: a topic with an event, two routes, and a test')
    .argument('<name>', 'one word, such as orders')
    .option(
      '--about <thing>',
      'name of its aggregate, in the singular; default: the name of the service without a final s',
    )
    .addHelpText('after', '\nExample: rollcall new service orders')
    .action((name: string, { about }: { about?: string }) => {
      const root = appFolder();
      write(root, newService(root, name, about, app));
    });

const subscriberCommand = (app: Partial<App>) =>
  new Command('subscriber')
    .description('add a service that reacts to the events of a topic')
    .argument('<name>', 'one word, such as coupons')
    .requiredOption('--of <topic>', 'name of the topic, such as order-events')
    .addHelpText('after', '\nExample: rollcall new subscriber coupons --of order-events')
    .action(async (name: string, { of }: { of: string }) => {
      const root = appFolder();
      write(root, await newSubscriber(root, name, of, app));
    });

const commandCommand = (app: Partial<App>) =>
  new Command('command')
    .description('add a command from one service to another, through a queue')
    .argument('<name>', 'verb in the imperative, such as charge or refund-order')
    .requiredOption('--of <service>', 'the service that executes it, such as payments')
    .requiredOption('--from <service>', 'the service that sends it, such as orders')
    .option('--reply <name>', 'the document that replies to it, such as charged; default: no reply')
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
  .description('add a route to a service, with its handler')
  .argument('<name>', 'key of the route, and name of its handler, such as cancel')
  .addArgument(new Argument('<method>').choices(METHODS))
  .argument('<path>', 'with its parameter as {id}, such as /orders/{id}')
  .requiredOption('--of <service>', 'the service that implements it, such as orders')
  .addOption(new Option('--access <who>', 'default: read for GET, write for other methods').choices(ACCESS))
  .addHelpText('after', "\nExample: rollcall new route cancel DELETE '/orders/{id}' --of orders")
  .action((name: string, method: Method, path: string, options: { of: string; access?: Access }) => {
    const root = appFolder();
    const { of, access = method === 'GET' ? 'read' : 'write' } = options;
    write(root, newRoute(root, of, name, { method, path, access }));
  });

export const newCommand = (app: Partial<App>): Command =>
  new Command('new')
    .description(
      'create an app or a part of it; never overwrites a file, but edits the files that must refer to a new part',
    )
    .addCommand(appCommand)
    .addCommand(serviceCommand(app))
    .addCommand(subscriberCommand(app))
    .addCommand(commandCommand(app))
    .addCommand(routeCommand);
