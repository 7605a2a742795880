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
    .description('run the CDK app of this folder on this machine: no Docker, no account')
    .option('--memory', 'keep no data')
    .option('--data <dir>', 'keep data in this folder', '.rollcall')
    .option(
      '--port <port>',
      'port of the API; gRPC uses this + 20, AWS endpoints this + 566, and services beside the cloud ports in between',
      apiPort,
      4000,
    )
    .option('--synth', 'synthesize the app even if no source file has changed')
    .option(
      '--parameters <name=value>',
      'value of a template parameter; can be repeated',
      (text: string, before: Record<string, string>) => ({ ...before, ...parameter(text) }),
      {},
    )
    .option(
      '--watch',
      'deploy again whenever infra/, functions/, shared/ or packages/ changes; without infra/, any source folder',
    )
    .addHelpText('after', '\nExample: npm start -- --memory')
    .action(async (options: StartOptions) => {
      // Imported on demand, so that other commands start without the embedded cloud and its dependencies.
      const { start } = await import('../start.ts');
      await start(app, options);
    });
