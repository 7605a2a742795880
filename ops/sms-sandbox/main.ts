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
  .description('The SMS sandbox of the embedded cloud alone, in memory, until Ctrl-C: for the stage localstack.')
  .option('--port <port>', 'port on 127.0.0.1', port, SANDBOX_PORT)
  .option(
    '--endpoint <url>',
    'endpoint of the cloud that gets receipts',
    url,
    process.env.AWS_ENDPOINT_URL || EMBEDDED_CLOUD,
  )
  .parse()
  .opts<{ port: number; endpoint: string }>();

const { basePath } = stageNamed('localstack');
const database = new DatabaseSync(':memory:');
// AWS's own provider publishes to its topic; no stage uses it here.
const callbacks = createCallbacks({ database, publish: () => Promise.reject(new Error('there is no topic here')) });
const withReachableAddress: typeof callbacks.add = (provider, address, what) =>
  callbacks.add(provider, reachable(address, options.endpoint, basePath ?? ''), what);
const mailbox = createMailbox(database, { add: withReachableAddress });

try {
  const gateway = await startGateway('gateway-1', mailbox, { ...callbacks, add: withReachableAddress }, options.port);
  console.log(`${pc.green('ready')}  ${pc.cyan(gateway.url)}\nTexts: curl ${gateway.url}/messages`);
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
