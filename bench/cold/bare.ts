import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { bundling } from '@rollcall/cdk/internal/bundling';
import { buildSync } from 'esbuild';
import type { RecordedCall } from './recording.ts';

const CLIENTS: Record<string, { package: string; client: string }> = {
  dynamodb: { package: '@aws-sdk/client-dynamodb', client: 'DynamoDBClient' },
  sqs: { package: '@aws-sdk/client-sqs', client: 'SQSClient' },
  sns: { package: '@aws-sdk/client-sns', client: 'SNSClient' },
  secretsmanager: { package: '@aws-sdk/client-secrets-manager', client: 'SecretsManagerClient' },
  'sms-voice': { package: '@aws-sdk/client-pinpoint-sms-voice-v2', client: 'PinpointSMSVoiceV2Client' },
};

/**
 * Builds a handler that has only the AWS clients of a bundle and makes the given calls. The cold start of this handler
 * is the lower bound for a function with these clients.
 * @returns the path of the handler's bundle, which is built with the same options as the app's bundles
 */
export function buildBare(folder: string, bundle: string, calls: readonly RecordedCall[]): string {
  const text = readFileSync(bundle, 'utf8');
  // The names of the clients are in the bundle, because bundling does not change the names of classes.
  const has = (name: string) => text.includes(`"${name}"`);
  const isDocument = has('DynamoDBDocumentClient');
  const used = Object.entries(CLIENTS).filter(([, { client }]) => has(client));
  const commandsOf = (service: string) => [
    ...new Set(calls.filter((call) => call.service === service).map(({ operation }) => operation)),
  ];
  const documentCommand = (operation: string) =>
    `${({ GetItem: 'Get', PutItem: 'Put', UpdateItem: 'Update', DeleteItem: 'Delete', TransactWriteItems: 'TransactWrite', BatchWriteItem: 'BatchWrite' } as Record<string, string>)[operation] ?? operation}Command`;
  const lines = used.flatMap(([service, { package: from, client }]) => {
    const asDocuments = service === 'dynamodb' && isDocument;
    const commands = commandsOf(service).map((operation) => ({
      operation,
      command: asDocuments ? documentCommand(operation) : `${operation}Command`,
    }));
    const names = commands.map(({ command }) => command);
    const made = `new ${client}({})`;
    return [
      `import { ${[client, ...(asDocuments ? [] : names)].join(', ')} } from '${from}';`,
      ...(asDocuments
        ? [`import { ${['DynamoDBDocumentClient', ...names].join(', ')} } from '@aws-sdk/lib-dynamodb';`]
        : []),
      `const ${nameOf(service)} = ${asDocuments ? `DynamoDBDocumentClient.from(${made})` : made};`,
      ...commands.map(
        ({ operation, command }) =>
          `commands['${service}:${operation}'] = (input) => ${nameOf(service)}.send(new ${command}(input));`,
      ),
    ];
  });
  const contents = [
    ...lines.filter((line) => line.startsWith('import')),
    'const commands = {};',
    ...lines.filter((line) => !line.startsWith('import')),
    // Errors are ignored, because a replayed response can be an error.
    'export const handler = async (calls) => { for (const { name, input } of calls) await commands[name]?.(input).catch(() => {}); };',
  ].join('\n');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'index.mjs');
  const { outExtension: _, ...options } = bundling;
  buildSync({
    ...options,
    stdin: { contents, resolveDir: join(import.meta.dirname, '..'), loader: 'js' },
    outfile,
    logLevel: 'warning',
  });
  return outfile;
}

const nameOf = (service: string) => service.replaceAll(/\W/g, '');

/**
 * The calls of the bare handler. A request to SNS is not JSON. The bare handler therefore publishes a message that
 * contains the text of the recorded request.
 */
export const bareCalls = (calls: readonly RecordedCall[], isDocument: boolean) =>
  calls.map(({ service, operation, request }) => ({
    name: `${service}:${operation}`,
    input:
      service === 'sns' ? publicationOf(request) : inputOf(JSON.parse(request), service === 'dynamodb' && isDocument),
  }));

const publicationOf = (request: string) => {
  const form = new URLSearchParams(request);
  return {
    TopicArn: form.get('TopicArn'),
    PublishBatchRequestEntries: [{ Id: '0', Message: request, MessageGroupId: 'a', MessageDeduplicationId: 'b' }],
  };
};

const TYPED = new Set(['Item', 'Key', 'ExpressionAttributeValues']);

function inputOf(value: unknown, isDocument: boolean): unknown {
  if (!isDocument || !(value instanceof Object)) return value;
  if (Array.isArray(value)) return value.map((one) => inputOf(one, isDocument));
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, TYPED.has(name) ? unmarshall(one) : inputOf(one, isDocument)]),
  );
}
