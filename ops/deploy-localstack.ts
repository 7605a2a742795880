import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';

// Deploys the stage localstack to LocalStack, or to whatever speaks its language on the same port, and prints the API's
// URL. Texts go to SMS_GATEWAY_URL; if it is not set, to the SMS sandbox of an `npm start` on the machine that runs the
// container. Tokens are TOKEN_ISSUER's; if it is not set, none is good, and all that can be done is to register.

const STAGE = ['-c', 'stage=localstack'];
const endpoint = process.env.AWS_ENDPOINT_URL ?? 'http://127.0.0.1:4566';
const environment = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'us-east-1',
  // Where the host name BUCKET.s3.localhost does not resolve.
  AWS_S3_FORCE_PATH_STYLE: '1',
  ...process.env,
  AWS_ENDPOINT_URL: endpoint,
  // cdklocal insists on it.
  AWS_ENDPOINT_URL_S3: process.env.AWS_ENDPOINT_URL_S3 ?? endpoint,
};

async function cdklocal(...args: string[]): Promise<void> {
  const child = spawn('npx', ['cdklocal', ...args], { stdio: 'inherit', env: environment });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`cdklocal ${args[0]} failed with exit code ${code}`);
}

/** API Gateway's host name means AWS itself; LocalStack serves the same API below a path. */
function reachable(apiUrl: string): string {
  const id = /^https:\/\/([a-z0-9]+)\.execute-api\..*amazonaws\.com/.exec(apiUrl)?.[1];
  return id ? `${endpoint}/_aws/execute-api/${id}/$default` : apiUrl;
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-deploy-'));
try {
  await fetch(endpoint).catch((cause: unknown) => {
    throw new Error(`Nothing answers at ${endpoint}. Start LocalStack or a drop-in there, or set AWS_ENDPOINT_URL.`, {
      cause,
    });
  });
  const outputs = join(folder, 'outputs.json');
  await cdklocal('bootstrap', ...STAGE);
  const gateway = process.env.SMS_GATEWAY_URL ?? 'http://host.docker.internal:4010';
  const issuer = process.env.TOKEN_ISSUER ?? 'https://login.example.com';
  const parameters = [
    ...['--parameters', `rollcall-localstack-sms:SmsGatewayUrl=${gateway}`],
    ...['--parameters', `rollcall-localstack-foundation:TokenIssuer=${issuer}`],
  ];
  await cdklocal('deploy', ...STAGE, '--all', '--require-approval', 'never', '--outputs-file', outputs, ...parameters);
  const stacks = JSON.parse(readFileSync(outputs, 'utf8')) as Record<string, Record<string, string>>;
  const apiUrl = Object.values(stacks).find((stack) => stack.ApiUrl)?.ApiUrl ?? '';
  console.log(`\nAPI: ${pc.cyan(reachable(apiUrl))}`);
} catch (error) {
  console.error(pc.red((error as Error).message));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
