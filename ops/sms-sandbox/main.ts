import { DatabaseSync } from 'node:sqlite';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { Command } from 'commander';
import pc from 'picocolors';
import { EMBEDDED_CLOUD, port, url } from 'rollcall/internal/cli/command';
import { onStopSignal, stopWithNpm } from 'rollcall/internal/stop-signals';
import { stageNamed } from '../../infra/stages.ts';
import { reachable, SANDBOX_PORT } from '../localstack/address.ts';
import { createCallbacks } from './callbacks.ts';
import { startGateway } from './gateway.ts';
import { createMailbox } from './mailbox.ts';

stopWithNpm();

const options = new Command('npm run sms-sandbox --')
  .description(
    'Runs the SMS sandbox of the embedded cloud alone, in memory, until Ctrl-C. The stage localstack uses it.',
  )
  .option('--port <port>', 'port on 127.0.0.1', port, SANDBOX_PORT)
  .option(
    '--endpoint <url>',
    'endpoint of the cloud that receives the receipts',
    url,
    process.env.AWS_ENDPOINT_URL || EMBEDDED_CLOUD,
  )
  .parse()
  .opts<{ port: number; endpoint: string }>();

const { basePath } = stageNamed('localstack');
const database = new DatabaseSync(':memory:');
// Only AWS's provider publishes to a topic, and the stage localstack does not use it.
const callbacks = createCallbacks({ database, publish: () => Promise.reject(new Error('topics are not supported')) });
const withReachableAddress: typeof callbacks.add = (provider, address, what) =>
  callbacks.add(provider, reachable(address, options.endpoint, basePath ?? ''), what);
const mailbox = createMailbox(database, { add: withReachableAddress });

try {
  const gateway = await startGateway('gateway-1', mailbox, { ...callbacks, add: withReachableAddress }, options.port);
  console.log(`${pc.green('ready')}  ${pc.cyan(gateway.url)}\nTo list the SMS: curl ${gateway.url}/messages`);
  onStopSignal(async () => {
    await gateway.stop();
    await callbacks.stop();
    database.close();
  });
} catch (error) {
  if (!(error instanceof CloudError)) throw error;
  console.error(pc.red(error.message));
  process.exitCode = 1;
}
