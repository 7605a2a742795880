import { Command, InvalidArgumentError, Option } from 'commander';
import type { App } from '../app-definition.ts';
import type { InspectorAddress } from '../inspector.ts';
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

/**
 * The addresses of the allowed hosts. `localhost` is replaced with an address, because Node.js warns that an inspector
 * at that name may be reachable from outside.
 */
const LOOPBACK = new Map([
  ['127.0.0.1', '127.0.0.1'],
  ['localhost', '127.0.0.1'],
  ['[::1]', '::1'],
]);

function inspectorAddress(text: string): InspectorAddress {
  const [, named = '127.0.0.1', digits] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  const [host, port] = [LOOPBACK.get(named), Number(digits)];
  if (host === undefined)
    throw new InvalidArgumentError(
      'A client of the inspector can run any code, so the inspector listens only on 127.0.0.1, localhost or [::1]. From another machine, forward the port: ssh -L 9229:127.0.0.1:9229 HOST',
    );
  if (port <= 65_535) return { host, port };
  throw new InvalidArgumentError('It must be of the form PORT or HOST:PORT.');
}

export const startCommand = (app: Partial<App>): Command =>
  new Command('start')
    .description('run the CDK app of this folder on this machine, without Docker or an AWS account')
    .option('--memory', 'keep data in memory only')
    .option('--data <dir>', 'keep data in this folder', '.rollcall')
    .option(
      '--port <port>',
      'port of the API; gRPC uses this port + 20, AWS endpoints use this port + 566, and stand-ins use ports in between',
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
      'deploy again whenever infra/, functions/, shared/ or packages/ changes; in an app without infra/, whenever a source folder changes',
    )
    .addOption(
      new Option(
        '--inspect [host:port]',
        'let debuggers attach, and disable the timeouts of functions; default: 127.0.0.1:9229',
      )
        .preset('9229')
        .argParser(inspectorAddress),
    )
    .addHelpText('after', '\nExample: npm start -- --memory')
    .action(async (options: StartOptions) => {
      // Imported on demand, so that other commands start without the embedded cloud and its dependencies.
      const { start } = await import('../start.ts');
      await start(app, options);
    });
