import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { Sha256Node } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { inject, onTestFinished } from 'vitest';

const { echoFunction: _, ...config } = inject('aws');

/** The configuration of clients for the cloud that the suite tests. */
export const clientConfig = config;

export const sqs = new SQSClient(config);

/** Returns a name that no other run uses. */
export const uniqueName = (name: string): string => `fidelity-${randomUUID().slice(0, 8)}-${name}`;

export interface TestQueue {
  url: string;
  arn: string;
  name: string;
}

/** Creates a queue for one test, and deletes it afterwards. @param name ends in `.fifo` for a FIFO queue */
export async function queue(name: string, Attributes: Record<string, string> = {}): Promise<TestQueue> {
  const QueueName = uniqueName(name);
  const ofFifo = name.endsWith('.fifo') && { FifoQueue: 'true' };
  const { QueueUrl: url = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName, Attributes: { ...ofFifo, ...Attributes } }),
  );
  onTestFinished(async () => void (await sqs.send(new DeleteQueueCommand({ QueueUrl: url }))));
  const { Attributes: { QueueArn: arn = '' } = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return { url, arn, name: QueueName };
}

/** Waits for a message, and returns it with all its attributes. */
export async function receiveFrom({ url }: TestQueue, more: Partial<ReceiveMessageCommandInput> = {}) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      WaitTimeSeconds: 20,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
      ...more,
    }),
  );
  return Messages[0];
}

/**
 * Sends a signed HTTP request without an SDK, in order to test the requests of older SDKs.
 * @param url the URL of a queue. Default: the URL of the service
 */
export async function rawCall(
  service: string,
  body: string,
  { url, method = 'POST', headers = {} }: { url?: string; method?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: string }> {
  const {
    region,
    endpoint = `https://${service}.${region}.amazonaws.com`,
    credentials = sqs.config.credentials,
  } = config;
  const signer = new SignatureV4({ service, region, sha256: Sha256Node, credentials });
  const { protocol, host, hostname, port, pathname, search, searchParams } = new URL(url ?? endpoint);
  const request = await signer.sign({
    method,
    protocol,
    hostname,
    ...(port && { port: Number(port) }),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', ...headers },
    body,
  });
  const response = await fetch(`${protocol}//${host}${pathname}${search}`, {
    method,
    headers: request.headers,
    ...(method !== 'GET' && { body }),
  });
  return { status: response.status, body: await response.text() };
}
