import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Observability } from '../../observability/observability.ts';
import { type ConsumerReport, consume } from '../consumer.ts';
import { PostponedError } from '../errors.ts';
import { logFieldsOf, type ReadEnvelope } from '../message.ts';
import type { Redeliver } from '../redelivery.ts';
import type { Subscriber } from '../subscriber.ts';

export interface ConsumeOptions extends Pick<Observability, 'logger' | 'count'> {
  subscriber: Pick<Subscriber, 'apply' | 'hold' | 'isSuspect'>;
  /** Runs an operation that may send messages, so that concurrent sends share calls. */
  batchingSends: <T>(run: () => Promise<T>) => Promise<T>;
  redeliver: Redeliver;
  capability: string | undefined;
  mode: () => Promise<string>;
  now: () => Date;
  read: ReadEnvelope | undefined;
}

/** A message of a paused capability is redelivered after at least this time, plus one second per receive. */
const SHORTEST_PAUSE_MS = 4_000;

const isRedelivery = ({ attributes }: SQSRecord) => Number(attributes.ApproximateReceiveCount) > 1;

/** Creates the function that processes a batch from the queue. */
export function createConsume(options: ConsumeOptions): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const { subscriber, batchingSends, redeliver, capability, mode, now, read, logger, count } = options;

  function responseTo({ outcomes, failures, returned }: ConsumerReport): SQSBatchResponse {
    for (const { body, error } of failures) {
      const about = logFieldsOf(body, read);
      // A postponement is not a warning, because it is expected. There may be thousands of postponements.
      if (error instanceof PostponedError) logger.debug('message postponed', { ...about, because: error.message });
      else logger.warn('message returned to the queue', { ...about, error });
    }
    count({
      Applied: outcomes.applied,
      Duplicates: outcomes.duplicate,
      Ignored: outcomes.ignored,
      Parked: outcomes.parked,
      GivenBack: returned.length,
      Postponed: returned.filter(({ until }) => until).length,
    });
    return { batchItemFailures: returned.map(({ record }) => ({ itemIdentifier: record.messageId })) };
  }

  /** Applies a batch or, depending on the mode of the capability, holds or postpones its messages. */
  async function consumeInMode(current: string, event: SQSEvent): Promise<ConsumerReport> {
    if (current === 'skip')
      return consume(event, (delivery) => batchingSends(() => subscriber.hold(delivery, `${capability} is skipped`)));
    if (current !== 'pause')
      return consume(event, (delivery) => batchingSends(() => subscriber.apply(delivery)), subscriber.isSuspect);
    return consume(event, async ({ receives }) => {
      const pauseMs = SHORTEST_PAUSE_MS + receives * 1_000;
      throw new PostponedError(`${capability} is paused`, new Date(now().getTime() + pauseMs));
    });
  }

  return async (event) => {
    const report = await consumeInMode(await mode(), event);
    try {
      await redeliver(report.returned);
    } catch (error) {
      // The messages are redelivered anyway, but only after the queue's visibility timeout.
      logger.warn('backoff of the returned messages could not be set', { error: error as Error });
    }
    count({ Redelivered: event.Records.filter(isRedelivery).length });
    return responseTo(report);
  };
}
