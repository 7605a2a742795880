import { createQueueMapping } from '../event-sources/queue.ts';
import { createStreamMapping } from '../event-sources/stream.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { functionOf } from './functions.ts';
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
  BisectBatchOnFunctionError?: boolean;
  DestinationConfig?: { OnFailure?: { Destination?: string } };
}

/** AWS::Lambda::EventSourceMapping, from a queue or a table's stream. */
export const mappings =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const mapping = properties as unknown as MappingProperties;
    const { EventSourceArn: sourceArn, FunctionName, Enabled = true } = mapping;
    if (!Enabled) return { ref: logicalId };
    const target = functionOf(runtime, FunctionName);
    const mayPoll = (resource: string, ...actions: string[]) =>
      runtime.checks.push(() => {
        for (const action of actions) {
          runtime.access.require(
            { principal: { role: target.settings.role }, action, resource },
            `event source ${logicalId}`,
          );
        }
      });
    const common = {
      ...runtime,
      sqs: runtime.pollingSqs,
      target,
      filters: (mapping.FilterCriteria?.Filters ?? []).map(({ Pattern }) => Pattern),
      reportBatchItemFailures: mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    };
    const queueUrl = (arn: string) => `${runtime.endpointUrl}/${runtime.accountId}/${arn.split(':').at(-1)}`;
    if (sourceArn.startsWith('arn:aws:sqs:')) {
      mayPoll(sourceArn, 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes');
      runtime.mappings.push(
        createQueueMapping({
          ...common,
          queueArn: sourceArn,
          queueUrl: queueUrl(sourceArn),
          batchSize: mapping.BatchSize ?? 10,
          windowMs: (mapping.MaximumBatchingWindowInSeconds ?? 0) * 1000,
          concurrency: Math.min(
            runtime.instanceLimit,
            mapping.ScalingConfig?.MaximumConcurrency ?? runtime.instanceLimit,
          ),
        }),
      );
    } else if (sourceArn.startsWith('arn:aws:dynamodb:')) {
      mayPoll(sourceArn, 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream');
      mayPoll('*', 'dynamodb:ListStreams');
      const onFailure = mapping.DestinationConfig?.OnFailure?.Destination;
      runtime.mappings.push(
        createStreamMapping({
          ...common,
          nextWrite: runtime.writes.next,
          streamArn: sourceArn,
          startingPosition: mapping.StartingPosition ?? 'LATEST',
          batchSize: mapping.BatchSize ?? 100,
          maximumRetryAttempts: mapping.MaximumRetryAttempts ?? -1,
          bisect: mapping.BisectBatchOnFunctionError ?? false,
          ...(onFailure && { onFailureQueueUrl: queueUrl(onFailure) }),
        }),
      );
    } else {
      throw new Error(`the embedded cloud has no event source like ${sourceArn}`);
    }
    return { ref: logicalId };
  };
