import { createQueueMapping } from '../event-sources/queue.ts';
import { createStreamMapping } from '../event-sources/stream.ts';
import type { LambdaFunction } from '../lambda/function.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { deliveryTo } from './delivery.ts';
import { functionOf } from './function-of.ts';
import type { Runtime } from './runtime.ts';

interface MappingProperties {
  EventSourceArn: string;
  FunctionName: string;
  Enabled?: boolean;
  BatchSize?: number;
  MaximumBatchingWindowInSeconds?: number;
  FunctionResponseTypes?: string[];
  FilterCriteria?: { Filters?: Array<{ Pattern: string }> };
  ScalingConfig?: { MaximumConcurrency?: number };
  StartingPosition?: 'TRIM_HORIZON' | 'LATEST';
  MaximumRetryAttempts?: number;
  MaximumRecordAgeInSeconds?: number;
  BisectBatchOnFunctionError?: boolean;
  DestinationConfig?: { OnFailure?: { Destination?: string } };
}

interface Source extends MappingProperties {
  logicalId: string;
  target: LambdaFunction;
}

const DEFAULT_BATCH = { queue: 10, stream: 100 };
const MAX_BATCH = 10_000;
/** The maximum for a FIFO queue, and for a queue without a batching window. */
const MAX_SMALL_BATCH = 10;

/** AWS::Lambda::EventSourceMapping, from a queue or a table's stream. */
export const mappings =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const mapping = properties as unknown as MappingProperties;
    const { EventSourceArn, FunctionName, Enabled = true } = mapping;
    if (!Enabled) return { ref: logicalId };
    const source: Source = { ...mapping, logicalId, target: functionOf(runtime, FunctionName) };
    if (EventSourceArn.startsWith('arn:aws:sqs:')) addQueueMapping(runtime, source);
    else if (EventSourceArn.startsWith('arn:aws:dynamodb:')) addStreamMapping(runtime, source);
    else throw new Error(`the embedded cloud does not support the event source ${EventSourceArn}`);
    return { ref: logicalId };
  };

const commonOptions = (runtime: Runtime, { target, FilterCriteria, FunctionResponseTypes }: Source) => ({
  ...runtime,
  sqs: runtime.pollingSqs,
  target,
  filters: (FilterCriteria?.Filters ?? []).map(({ Pattern }) => Pattern),
  reportBatchItemFailures: FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
});

function requirePollingPermissions(
  { checks, access }: Runtime,
  { target, logicalId }: Source,
  resource: string,
  actions: readonly string[],
): void {
  checks.push(() => {
    for (const action of actions)
      access.require({ principal: { role: target.settings.role }, action, resource }, `event source ${logicalId}`);
  });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html */
function addQueueMapping(runtime: Runtime, source: Source): void {
  const { EventSourceArn: queueArn, BatchSize: batchSize = DEFAULT_BATCH.queue, ScalingConfig } = source;
  const { MaximumBatchingWindowInSeconds: windowSeconds = 0 } = source;
  const isFifo = queueArn.endsWith('.fifo');
  if (isFifo && windowSeconds > 0) throw new Error('Lambda has no batching window for FIFO queues');
  const maxBatchSize = isFifo || windowSeconds === 0 ? MAX_SMALL_BATCH : MAX_BATCH;
  if (batchSize > maxBatchSize) {
    const condition = isFifo ? 'for a FIFO queue' : 'without MaximumBatchingWindowInSeconds';
    const suffix = maxBatchSize === MAX_BATCH ? '' : ` ${condition}`;
    throw new Error(`BatchSize is ${batchSize}, but Lambda's maximum is ${maxBatchSize}${suffix}`);
  }
  requirePollingPermissions(runtime, source, queueArn, [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
  ]);
  const { instanceLimit } = runtime;
  runtime.mappings.push(
    createQueueMapping({
      ...commonOptions(runtime, source),
      queueArn,
      queueUrl: `${runtime.endpointUrl}/${runtime.accountId}/${queueArn.split(':').at(-1)}`,
      batchSize,
      windowMs: windowSeconds * 1000,
      concurrency: Math.min(instanceLimit, ScalingConfig?.MaximumConcurrency ?? instanceLimit),
    }),
  );
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html */
function addStreamMapping(runtime: Runtime, source: Source): void {
  const { EventSourceArn: streamArn, BatchSize: batchSize = DEFAULT_BATCH.stream, target, logicalId } = source;
  if (batchSize > MAX_BATCH) throw new Error(`BatchSize is ${batchSize}, but Lambda's maximum is ${MAX_BATCH}`);
  requirePollingPermissions(runtime, source, streamArn, [
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
    'dynamodb:DescribeStream',
  ]);
  requirePollingPermissions(runtime, source, '*', ['dynamodb:ListStreams']);
  const destination = source.DestinationConfig?.OnFailure?.Destination;
  const principal = { role: target.settings.role };
  const onFailure =
    destination === undefined
      ? undefined
      : deliveryTo(runtime, destination, { principal, errorPrefix: `event source ${logicalId}` });
  runtime.mappings.push(
    createStreamMapping({
      ...commonOptions(runtime, source),
      nextWrite: runtime.writes.next,
      streamArn,
      startingPosition: source.StartingPosition ?? 'LATEST',
      batchSize,
      windowMs: (source.MaximumBatchingWindowInSeconds ?? 0) * 1000,
      maximumRetryAttempts: source.MaximumRetryAttempts ?? -1,
      maximumRecordAgeMs: runtime.isDebugged ? -1 : (source.MaximumRecordAgeInSeconds ?? -1) * 1000,
      bisect: source.BisectBatchOnFunctionError ?? false,
      onFailure: onFailure && ((body) => onFailure({ body })),
    }),
  );
}
