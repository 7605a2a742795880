import { Command, InvalidArgumentError } from 'commander';
import type { App } from '../app-definition.ts';
import type { StartOptions } from '../start.ts';

function apiPort(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65_535 - 566) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 to 64968.');
}

function parameter(text: string): Record<string, string> {
  const [name = '', value] = text.split(/=(.*)/s);
  if (name !== '' && value !== undefined) return { [name]: value };
  throw new InvalidArgumentError('It must be of the form NAME=VALUE.');
}

export const startCommand = (app: Partial<App>): Command =>
  new Command('start')
    .description('runs the CDK app of this folder on this machine: no Docker, no account')
    .option('--memory', 'keep no data')
    .option('--data <dir>', 'keep data in this folder', '.rollcall')
    .option(
      '--port <port>',
      'port of the API; gRPC takes the 20th after it, AWS the 566th, and what runs beside them others in between',
      apiPort,
      4000,
    )
    .option('--synth', 'synthesize the app even if nothing that can be seen has changed')
    .option(
      '--parameters <name=value>',
      'value of a parameter of the templates; again for each',
      (text: string, before: Record<string, string>) => ({ ...before, ...parameter(text) }),
      {},
    )
    .option(
      '--watch',
      'deploy again whenever infra/, functions/, shared/ or packages/ changes; without infra/, any folder of sources',
    )
    .addHelpText('after', '\nExample: npm start -- --memory')
    .action(async (options: StartOptions) => {
      // What else is here starts without the embedded cloud, and without what it is made of.
      const { start } = await import('../start.ts');
      await start(app, options);
    });
