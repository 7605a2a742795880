import { setTimeout as delay } from 'node:timers/promises';
import {
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  paginateListSubscriptions,
  SetSubscriptionAttributesCommand,
  SNSClient,
} from '@aws-sdk/client-sns';
import { OperatorError } from './errors.ts';
import type { StageClient } from './stage.ts';
import { topologyIn } from './topology.ts';

/** A period of time. Without `until`, it ends now. */
export interface Period {
  since: Date;
  until?: Date;
}

/** The archive of a topic, and the subscriber to which it is replayed. */
export interface Archive {
  subscriber: string;
  topic: string;
  subscription: string;
  /** The provider that the subscriber calls for each message; undefined if it calls none. */
  provider: string | undefined;
  /** The earliest time from which the archive can be replayed. */
  beginning: Date;
}

export interface ReplayState {
  /** Whether SNS has delivered everything to the queue. */
  isSent: boolean;
  /** Messages in the subscriber's queue, including those in flight. */
  waiting: number;
}

/** The queue must be empty in this many consecutive polls, because SQS returns approximate counts. */
const EMPTY_POLLS = 3;
const POLL_INTERVAL_MS = 500;

const snsOf = ({ config }: StageClient) => new SNSClient(config);

/** The archive that can be replayed to a subscriber. @throws {OperatorError} if the subscriber has no such archive */
export async function archiveOf(stage: StageClient, subscriber: string): Promise<Archive> {
  const sns = snsOf(stage);
  const queue = `:${stage.table(subscriber)}.fifo`;
  for await (const { Subscriptions = [] } of paginateListSubscriptions({ client: sns }, {})) {
    const found = Subscriptions.find(({ Endpoint }) => Endpoint?.endsWith(queue));
    if (!found) continue;
    const { TopicArn = '', SubscriptionArn = '' } = found;
    const { Attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
    const topic = TopicArn.split(':').at(-1) ?? '';
    if (!Attributes.ArchivePolicy || Attributes.ArchivePolicy === '{}') {
      throw new OperatorError(
        `${topic} keeps no archive. Set eventArchiveDays of stage ${stage.name} in infra/stages.ts and deploy; events published from then on can be replayed.`,
      );
    }
    const beginning = new Date(Attributes.BeginningArchiveTime ?? 0);
    return {
      subscriber,
      topic,
      subscription: SubscriptionArn,
      provider: await providerOf(stage, subscriber),
      beginning,
    };
  }
  throw new OperatorError(
    `${subscriber} subscribes to no topic: commands and replies are not archived, so there is nothing to replay.`,
  );
}

async function providerOf(stage: StageClient, subscriber: string): Promise<string | undefined> {
  const { nodes, edges } = topologyIn(await stage.resources(), stage.table(''));
  const consume = nodes.find(({ name }) => name === `${subscriber}-consume`);
  const call = edges.find(({ from, label }) => from === consume?.id && label === 'calls');
  return nodes.find(({ id }) => id === call?.to)?.name;
}

/** @throws {OperatorError} if the period is invalid, or the archive does not cover it */
export function checkPeriod({ topic, beginning }: Archive, { since, until }: Period, now: Date): void {
  if (since < beginning) {
    throw new OperatorError(
      `The archive of ${topic} begins at ${beginning.toISOString()}: pass --since ${beginning.toISOString()}, or later.`,
    );
  }
  if (since > now) throw new OperatorError(`${since.toISOString()} is in the future.`);
  if (until && until <= since) throw new OperatorError('--until must be later than --since.');
}

/** The consequences of a replay, which the operator confirms before it starts. */
export function consequencesOf({ subscriber, topic, provider }: Archive, { since, until }: Period): string {
  const what = `${subscriber} receives again the events that were published on ${topic} from ${since.toISOString()} to ${until?.toISOString() ?? 'now'}.`;
  const duplicates = 'It ignores messages that its table records as applied.';
  const calls = `It repeats the work that its table does not record, including calls to ${provider}. To prevent the calls, first run: npm run ops -- switch set ${subscriber} skip.`;
  const erased = until
    ? ` The data of aggregates that were erased after --until would be restored. To prevent that, omit --until.`
    : '';
  return `${what} ${duplicates}${provider === undefined ? '' : ` ${calls}`}${erased}`;
}

export async function startReplay(
  stage: StageClient,
  { subscription }: Archive,
  { since, until }: Period,
): Promise<void> {
  const policy = {
    PointType: 'Timestamp',
    StartingPoint: since.toISOString(),
    ...(until && { EndingPoint: until.toISOString() }),
  };
  await snsOf(stage).send(
    new SetSubscriptionAttributesCommand({
      SubscriptionArn: subscription,
      AttributeName: 'ReplayPolicy',
      AttributeValue: JSON.stringify(policy),
    }),
  );
}

/**
 * Waits until SNS has sent all messages and the subscriber's queue is empty again.
 * @throws {OperatorError} if SNS reports a failure
 */
export async function followReplay(
  stage: StageClient,
  { subscriber, subscription }: Archive,
  onProgress: (state: ReplayState) => void,
): Promise<void> {
  const sns = snsOf(stage);
  const name = `${stage.table(subscriber)}.fifo`;
  for (let empty = 0; empty < EMPTY_POLLS; await delay(POLL_INTERVAL_MS)) {
    const { Attributes = {} } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: subscription }));
    const status = Attributes.ReplayStatus ?? '';
    if (/^failed$/i.test(status)) {
      throw new OperatorError(
        'SNS could not finish the replay. It may have sent some of the messages. Start the replay again.',
      );
    }
    const queue = (await stage.queues()).find((state) => state.queue === name);
    const waiting = (queue?.visible ?? 0) + (queue?.inFlight ?? 0);
    const isSent = /^completed$/i.test(status);
    onProgress({ isSent, waiting });
    empty = isSent && waiting === 0 ? empty + 1 : 0;
  }
}
