import type { IncomingHttpHeaders } from 'node:http';
import type { Query } from './query.ts';

// SQS by the Query protocol, which SDKs from before November 2023 use. Requests and responses are those of its JSON
// protocol under other names:
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

/** The same call in the JSON protocol. @param path of the request: the queue may be named only by a URL's path */
export function jsonCall(
  { action, form }: Query,
  path: string,
  headers: IncomingHttpHeaders,
): { headers: IncomingHttpHeaders; body: Buffer } {
  const { Action: _, Version: __, Tags, ...request } = objectOf(treeOf(form));
  // Only for this operation, the JSON protocol spells it in lower case.
  const tags = Tags !== undefined && { [action === 'CreateQueue' ? 'tags' : 'Tags']: Tags };
  const [inPath] = /^\/[^/]+\/[^/]+(?=\/?$)/.exec(path) ?? [];
  const queue = inPath && !('QueueUrl' in request) && { QueueUrl: `http://${headers.host}${inPath}` };
  return {
    headers: { ...headers, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
    body: Buffer.from(JSON.stringify({ ...queue, ...request, ...tags })),
  };
}

/** `MessageAttribute.1.Value.DataType` is four levels deep. */
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
  if (name in LISTS) return inOrder(node).map((each) => (each instanceof Map ? objectOf(each) : each));
  if (name in MAPS && node instanceof Map) return Object.fromEntries(inOrder(node).flatMap(entryOf));
  if (node instanceof Map) return objectOf(node);
  // A value that is not a number stays unchanged, and is rejected later.
  return NUMBERS.has(name) && /^-?\d+$/.test(node) ? Number(node) : node;
}

/** An empty list is `AttributeName=`; a list of one may lack the index: `Attribute.Name=…&Attribute.Value=…`. */
function inOrder(node: Node): Node[] {
  if (!(node instanceof Map)) return [node].filter((each) => each !== '');
  if ([...node.keys()].some((key) => !/^\d+$/.test(key))) return [node];
  return [...node].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, each]) => each);
}

function entryOf(node: Node): Array<[string, Json]> {
  if (!(node instanceof Map)) return [];
  const value = node.get('Value') ?? '';
  return [[String(node.get('Name') ?? node.get('Key') ?? ''), value instanceof Map ? objectOf(value) : value]];
}
