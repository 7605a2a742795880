import { type Answer, awsError } from '../errors/aws-error.ts';
import type { CallFault } from './faults.ts';

interface Code {
  status: number;
  code: string;
}

const INTERNAL_ERROR: Code = { status: 500, code: 'InternalServerError' };

const codeOf = (kind: CallFault['kind'], service: string): Code => {
  if (kind !== 'throttled') return INTERNAL_ERROR;
  if (service === 's3') return { status: 503, code: 'SlowDown' };
  return service === 'dynamodb'
    ? { status: 400, code: 'ProvisionedThroughputExceededException' }
    : { status: 400, code: 'ThrottlingException' };
};

/** The error response of a fault. */
export function errorAnswer(kind: CallFault['kind'], service: string, request: string): Answer {
  const message = 'an injected fault';
  if (kind !== 'conflict') return awsError(service, { ...codeOf(kind, service), message });
  const { TransactItems = [] } = JSON.parse(request) as { TransactItems?: unknown[] };
  const CancellationReasons = TransactItems.map((_, index) => ({ Code: index === 0 ? 'TransactionConflict' : 'None' }));
  return awsError(service, {
    status: 400,
    code: 'TransactionCanceledException',
    message,
    more: { CancellationReasons },
  });
}

/** A batch without some of its entries, and a function that adds the omitted entries to the response as failed. */
export interface PartialBatch {
  request: string;
  complete(response: string): string;
}

/** @returns undefined for an operation that cannot be partly done, and for a batch with only one entry */
export function partialBatchOf(operation: string, request: string): PartialBatch | undefined {
  if (operation === 'BatchWriteItem') return partialWriteOf(request);
  if (operation === 'PublishBatch') return partialPublishOf(request);
  if (operation === 'SendMessageBatch') return partialSendOf(request);
  return undefined;
}

function partialWriteOf(request: string): PartialBatch | undefined {
  const { RequestItems, ...rest } = JSON.parse(request) as { RequestItems: Record<string, unknown[]> };
  const writes = Object.entries(RequestItems).flatMap(([table, items]) => items.map((item) => ({ table, item })));
  if (writes.length < 2) return undefined;
  /** Every second write, by table. A table without writes is absent, as DynamoDB requires. */
  const everySecond = (from: 0 | 1): Record<string, unknown[]> => {
    const selected = writes.filter((_, index) => index % 2 === from);
    const byTable = Map.groupBy(selected, ({ table }) => table);
    return Object.fromEntries([...byTable].map(([table, ofTable]) => [table, ofTable.map(({ item }) => item)]));
  };
  return {
    request: JSON.stringify({ ...rest, RequestItems: everySecond(0) }),
    complete: (response) => JSON.stringify({ ...JSON.parse(response), UnprocessedItems: everySecond(1) }),
  };
}

/** Handles a SendMessageBatch request of SQS, in JSON. */
function partialSendOf(request: string): PartialBatch | undefined {
  const { Entries, ...rest } = JSON.parse(request) as { Entries: Array<{ Id: string }> };
  if (Entries.length < 2) return undefined;
  const omitted = Entries.filter((_, index) => index % 2 === 1);
  const failed = omitted.map(({ Id }) => ({
    Id,
    Code: 'InternalError',
    Message: 'an injected fault',
    SenderFault: false,
  }));
  return {
    request: JSON.stringify({ ...rest, Entries: Entries.filter((_, index) => index % 2 === 0) }),
    complete: (response) => JSON.stringify({ ...JSON.parse(response), Failed: failed }),
  };
}

const ENTRY = /^PublishBatchRequestEntries\.member\.(\d+)\.(.*)$/;

/**
 * Handles a PublishBatch request of SNS. SNS uses forms and XML
 * (https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html).
 */
function partialPublishOf(request: string): PartialBatch | undefined {
  const executed = new URLSearchParams();
  const omitted: string[] = [];
  const entries = new Set<string>();
  for (const [name, value] of new URLSearchParams(request)) {
    const [, position = '', field = ''] = ENTRY.exec(name) ?? [];
    if (position === '') executed.append(name, value);
    else entries.add(position);
    if (position === '') continue;
    const number = Number(position);
    if (number % 2 === 1) executed.append(`PublishBatchRequestEntries.member.${(number + 1) / 2}.${field}`, value);
    else if (field === 'Id') omitted.push(value);
  }
  if (entries.size < 2) return undefined;
  const failed = omitted.map(
    (id) =>
      `<member><Id>${id}</Id><Code>InternalError</Code><Message>an injected fault</Message><SenderFault>false</SenderFault></member>`,
  );
  return {
    request: executed.toString(),
    complete: (response) =>
      response.replace(/<Failed\s*\/>|<Failed>\s*<\/Failed>/, `<Failed>${failed.join('')}</Failed>`),
  };
}
