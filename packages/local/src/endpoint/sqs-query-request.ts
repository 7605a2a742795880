import type { IncomingHttpHeaders } from 'node:http';
import type { Query } from './query.ts';

// Converts SQS requests from the Query protocol, which SDKs from before November 2023 use, to the JSON protocol. Both
// protocols have the same requests and responses, with different names:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html

type Json = string | number | boolean | Json[] | { [name: string]: Json };
type Node = string | Map<string, Node>;

const LISTS: Readonly<Record<string, string>> = {
  AttributeName: 'AttributeNames',
  MessageSystemAttributeName: 'MessageSystemAttributeNames',
  MessageAttributeName: 'MessageAttributeNames',
  TagKey: 'TagKeys',
  AWSAccountId: 'AWSAccountIds',
  ActionName: 'Actions',
  SendMessageBatchRequestEntry: 'Entries',
  DeleteMessageBatchRequestEntry: 'Entries',
  ChangeMessageVisibilityBatchRequestEntry: 'Entries',
};

const MAPS: Readonly<Record<string, string>> = {
  Attribute: 'Attributes',
  MessageAttribute: 'MessageAttributes',
  MessageSystemAttribute: 'MessageSystemAttributes',
  Tag: 'Tags',
  Tags: 'Tags',
};

const NUMBERS: ReadonlySet<string> = new Set([
  'DelaySeconds',
  'VisibilityTimeout',
  'MaxNumberOfMessages',
  'MaxNumberOfMessagesPerSecond',
  'MaxResults',
  'WaitTimeSeconds',
]);

/**
 * Converts a call to the JSON protocol.
 * @param path the path of the request's URL, which may be the only place that names the queue
 */
export function jsonCall(
  { action, form }: Query,
  path: string,
  headers: IncomingHttpHeaders,
): { headers: IncomingHttpHeaders; body: Buffer } {
  const { Action: _, Version: __, Tags, ...request } = objectOf(treeOf(form));
  // The JSON protocol spells this field in lower case, but only for CreateQueue.
  const tags = Tags !== undefined && { [action === 'CreateQueue' ? 'tags' : 'Tags']: Tags };
  const [inPath] = /^\/[^/]+\/[^/]+(?=\/?$)/.exec(path) ?? [];
  const queue = inPath && !('QueueUrl' in request) && { QueueUrl: `http://${headers.host}${inPath}` };
  return {
    headers: { ...headers, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
    body: Buffer.from(JSON.stringify({ ...queue, ...request, ...tags })),
  };
}

/** Builds a tree from the dotted names of a form. `MessageAttribute.1.Value.DataType` has four levels. */
function treeOf(form: URLSearchParams): Map<string, Node> {
  const root = new Map<string, Node>();
  for (const [name, value] of form) {
    const parts = name.split('.');
    const last = parts.pop() ?? '';
    let node = root;
    for (const part of parts) {
      const inner = node.get(part);
      const next = inner instanceof Map ? inner : new Map<string, Node>();
      node.set(part, next);
      node = next;
    }
    node.set(last, value);
  }
  return root;
}

const objectOf = (fields: ReadonlyMap<string, Node>): { [name: string]: Json } =>
  Object.fromEntries(
    [...fields].map(([name, node]) => [LISTS[name] ?? MAPS[name] ?? name, fieldOf(name, node)] as const),
  );

function fieldOf(name: string, node: Node): Json {
  if (name in LISTS) return inOrder(node).map((item) => (item instanceof Map ? objectOf(item) : item));
  if (name in MAPS && node instanceof Map) return Object.fromEntries(inOrder(node).flatMap(entryOf));
  if (node instanceof Map) return objectOf(node);
  // If the value of a numeric field is not a number, it stays unchanged, and the request is rejected later.
  return NUMBERS.has(name) && /^-?\d+$/.test(node) ? Number(node) : node;
}

/**
 * The items of a list. An empty list is sent as `AttributeName=`. A list of one item may be sent without the index:
 * `Attribute.Name=…&Attribute.Value=…`.
 */
function inOrder(node: Node): Node[] {
  if (!(node instanceof Map)) return [node].filter((item) => item !== '');
  if ([...node.keys()].some((key) => !/^\d+$/.test(key))) return [node];
  return [...node].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item);
}

function entryOf(node: Node): Array<[string, Json]> {
  if (!(node instanceof Map)) return [];
  const value = node.get('Value') ?? '';
  return [[String(node.get('Name') ?? node.get('Key') ?? ''), value instanceof Map ? objectOf(value) : value]];
}
