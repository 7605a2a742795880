import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { Command } from 'commander';
import pc from 'picocolors';
import { EMBEDDED_CLOUD } from 'rollcall/internal/cli/command';
import { namespaceOf } from 'rollcall/internal/stage/directory';
import { enableExpiry, expiringTables, tablesWithoutExpiry } from 'rollcall/internal/stage/expiry';
import { ISSUER_PATH, ISSUER_PORT } from 'rollcall/internal/stage/issuer';
import { resourcesOf } from 'rollcall/internal/stage/resources';
import { openStage } from 'rollcall/internal/stage/stage';
import { stageNamed } from '../../infra/stages.ts';
import { APPLICATION } from '../application.ts';
import { WEBHOOK_KEYS } from '../sms-sandbox/credentials.ts';
import { hostNameFor, SANDBOX_PORT } from './address.ts';
import { createDirectory, type Outputs } from './directory.ts';
import { type Deployed, entriesOf, nextSteps } from './next-steps.ts';
import { removeStacks } from './remove-stacks.ts';

// Deploys the stage localstack to LocalStack or another emulator of AWS, creates the resources that its CloudFormation
// does not create, and prints the next steps.

const { destroy } = new Command('npm run deploy:localstack --')
  .description(
    'Deploys the stage localstack to LocalStack or another emulator of AWS, at AWS_ENDPOINT_URL or at port 4566.',
  )
  .option('--destroy', 'remove the deployed resources, except the bootstrap stack CDKToolkit')
  .addHelpText(
    'after',
    `
Environment variables:
  SMS_GATEWAY_URL  URL of the SMS gateway (default: npm run sms-sandbox, on this machine)
  TOKEN_ISSUER     URL of the token issuer (default: npm run ops -- issuer, on this machine)`,
  )
  .parse()
  .opts<{ destroy?: boolean }>();

const settings = stageNamed('localstack');
const endpoint = process.env.AWS_ENDPOINT_URL || EMBEDDED_CLOUD;
const stage = openStage({ app: APPLICATION, name: settings.name, endpoint });
const directory = createDirectory(stage.directory, namespaceOf(stage));
const environment = {
  AWS_DEFAULT_REGION: 'us-east-1',
  // On some machines, the host name BUCKET.s3.localhost does not resolve.
  AWS_S3_FORCE_PATH_STYLE: '1',
  ...process.env,
  // Replaces the credentials of the environment, because they are for an AWS account, and could select another account
  // of the emulator.
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_ENDPOINT_URL: endpoint,
  // cdklocal requires this variable.
  AWS_ENDPOINT_URL_S3: process.env.AWS_ENDPOINT_URL_S3 ?? endpoint,
};

async function cdklocal(...args: string[]): Promise<void> {
  const child = spawn('npx', ['cdklocal', ...args], { stdio: 'inherit', env: environment });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`cdklocal ${args[0]} failed with exit code ${code}`);
}

/**
 * Creates the Cloud Map entries, and enables time to live, because the emulator's CloudFormation may do neither. If the
 * stage uses the SMS sandbox, also sets the webhook key of the sandbox's gateway.
 */
async function complete(deployed: Deployed, assembly: string, isSandbox: boolean): Promise<void> {
  const entries = entriesOf(deployed);
  await directory.replaceEntries(entries);
  const names = [...new Set(entries.map(({ name }) => name))].join(', ');
  console.log(`\nRegistered in Cloud Map, namespace ${namespaceOf(stage)}: ${names}`);
  const tables = await tablesWithoutExpiry(stage, expiringTables(await resourcesOf(readAssembly(assembly).stacks)));
  for (const table of tables) await enableExpiry(stage, table);
  if (tables.length > 0) console.log(`Time to live enabled: ${tables.map(({ table }) => table).join(', ')}`);
  if (!isSandbox) return;
  const secret = { SecretId: stage.table('http-webhooks'), SecretString: JSON.stringify({ key: WEBHOOK_KEYS.http }) };
  await new SecretsManagerClient(stage.config).send(new PutSecretValueCommand(secret));
}

async function deployTo(answer: Headers, assembly: string, folder: string): Promise<void> {
  const host = hostNameFor(answer);
  const { SMS_GATEWAY_URL, TOKEN_ISSUER } = process.env;
  const sandbox = SMS_GATEWAY_URL ? undefined : `http://${host}:${SANDBOX_PORT}`;
  const issuer = TOKEN_ISSUER ? undefined : `http://${host}:${ISSUER_PORT}${ISSUER_PATH}`;
  const parameters = [
    `${stage.table('sms')}:SmsGatewayUrl=${SMS_GATEWAY_URL || sandbox}`,
    `${stage.table('foundation')}:TokenIssuer=${TOKEN_ISSUER || issuer}`,
  ].flatMap((parameter) => ['--parameters', parameter]);
  const file = join(folder, 'outputs.json');
  const app = ['--app', assembly];
  await cdklocal('bootstrap', ...app);
  await cdklocal('deploy', ...app, '--all', '--require-approval', 'never', '--outputs-file', file, ...parameters);
  const outputs = JSON.parse(readFileSync(file, 'utf8')) as Outputs;
  const deployed = { endpoint, basePath: settings.basePath ?? '', outputs };
  await complete(deployed, assembly, sandbox !== undefined);
  console.log(`\n${pc.green('deployed')}\n\n${nextSteps(deployed, { sandbox, issuer })}`);
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-deploy-'));
try {
  const { headers } = await fetch(endpoint).catch((cause: unknown) => {
    throw new Error(
      `Nothing responds at ${endpoint}. Start LocalStack or another emulator there, or set AWS_ENDPOINT_URL.`,
      {
        cause,
      },
    );
  });
  if (destroy) {
    await directory.remove();
    await removeStacks(stage, (name) => console.log(`${name} is deleted`));
  } else await deployTo(headers, await synthesize(join(folder, 'cdk.out'), { stage: settings.name }), folder);
} catch (error) {
  console.error(pc.red((error as Error).message));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
