import {
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  SNSClient,
  type SNSClientConfig,
} from '@aws-sdk/client-sns';
import { SendMessageBatchCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import type { Answer } from '../errors/aws-error.ts';
import { createFilter } from '../event-sources/filter.ts';
import { entriesOf, failedIn, type Published } from '../messages/published.ts';
import { SENDER_HEADER, SNS_SENDER } from '../messages/senders.ts';
import type { State } from '../state/state.ts';
import { attributesResponse, invalidParameter, snsResponse } from './sns-responses.ts';

interface Replay {
  ReplayPolicy: string;
  ReplayStatus: 'In progress' | 'Completed' | 'Failed';
}

type Row = Published & { id: number };

const DAY_MS = 24 * 3_600_000;
const EXPIRE_EVERY_MS = 3_600_000;
const PAGE = 10;

/**
 * The archive of SNS (https://docs.aws.amazon.com/sns/latest/dg/fifo-message-archiving-replay.html). The archive keeps
 * the messages of topics with an ArchivePolicy for the number of days in the policy, and replays these messages to a
 * subscription with a ReplayPolicy. Unlike on AWS, the subscription receives new messages during a replay, and
 * stopping the cloud cancels a replay.
 */
export class Archive {
  readonly #database: State['database'];
  readonly #insert: ReturnType<State['database']['prepare']>;
  readonly #sns: SNSClient;
  readonly #sqs: SQSClient;
  readonly #queueUrlOf: (arn: string) => string;
  /** The number of days for which messages are kept, by topic. */
  readonly #retentionDays = new Map<string, number>();
  /** The last replay of each subscription. */
  readonly #replays = new Map<string, Replay>();
  #expiredAt = 0;

  /**
   * @param emulator the configuration of clients for SNS's internal calls, which bypass the endpoint and the injected
   * faults
   */
  constructor({ database }: State, emulator: SNSClientConfig & SQSClientConfig & { endpoint: string }) {
    this.#database = database;
    this.#insert = database.prepare('INSERT INTO archive (topic, published_at, entry) VALUES (?, ?, ?)');
    this.#sns = new SNSClient(emulator);
    this.#sqs = new SQSClient(emulator);
    this.#sqs.middlewareStack.add(
      (next) => (call) => {
        (call.request as { headers: Record<string, string> }).headers[SENDER_HEADER] = SNS_SENDER;
        return next(call);
      },
      { step: 'build' },
    );
    this.#queueUrlOf = (arn) => `${emulator.endpoint}/${arn.split(':').slice(-2).join('/')}`;
  }

  close(): void {
    this.#sns.destroy();
    this.#sqs.destroy();
  }

  /** Sets how long a topic's messages are kept. @param days undefined: the topic's archive is deleted */
  setRetention(topic: string, days: number | undefined): void {
    if (days === undefined) {
      this.#retentionDays.delete(topic);
      this.#database.prepare('DELETE FROM archive WHERE topic = ?').run(topic);
      this.#database.prepare('DELETE FROM archived_topics WHERE topic = ?').run(topic);
      return;
    }
    this.#retentionDays.set(topic, days);
    this.#database.prepare('INSERT OR IGNORE INTO archived_topics (topic, since) VALUES (?, ?)').run(topic, Date.now());
    this.#expire();
  }

  /** Archives the messages of a successful call, if their topic has an archive. */
  recordPublished(operation: string, request: string, response: string): void {
    if (this.#retentionDays.size === 0 || !operation.startsWith('Publish')) return;
    const form = new URLSearchParams(request);
    const topic = form.get('TopicArn') ?? '';
    if (!this.#retentionDays.has(topic)) return;
    const failed = failedIn(response);
    for (const { id, ...entry } of entriesOf(form)) {
      if (!failed.has(id)) this.#insert.run(topic, Date.now(), JSON.stringify(entry));
    }
    if (Date.now() - this.#expiredAt > EXPIRE_EVERY_MS) this.#expire();
  }

  #expire(): void {
    this.#expiredAt = Date.now();
    const expired = this.#database.prepare('DELETE FROM archive WHERE topic = ? AND published_at < ?');
    for (const [topic, days] of this.#retentionDays) expired.run(topic, this.#expiredAt - days * DAY_MS);
  }

  #archiveStartOf(topic: string): number {
    const row = this.#database.prepare('SELECT since FROM archived_topics WHERE topic = ?').get(topic);
    return Math.max(Number(row?.since ?? 0), Date.now() - (this.#retentionDays.get(topic) ?? 0) * DAY_MS);
  }

  /** Handles the calls that the emulator does not support. @returns undefined if the emulator must handle the call */
  async handle(operation: string, request: string): Promise<Answer | undefined> {
    if (!/^(GetTopic|GetSubscription|SetSubscription)Attributes$/.test(operation)) return undefined;
    const form = new URLSearchParams(request);
    const [topic, subscription] = [form.get('TopicArn') ?? '', form.get('SubscriptionArn') ?? ''];
    if (operation === 'GetTopicAttributes' && this.#retentionDays.has(topic)) {
      const { Attributes } = await this.#sns.send(new GetTopicAttributesCommand({ TopicArn: topic }));
      return attributesResponse(operation, {
        ...Attributes,
        ArchivePolicy: JSON.stringify({ MessageRetentionPeriod: String(this.#retentionDays.get(topic)) }),
        BeginningArchiveTime: new Date(this.#archiveStartOf(topic)).toISOString(),
      });
    }
    const replay = this.#replays.get(subscription);
    if (operation === 'GetSubscriptionAttributes' && replay) {
      return attributesResponse(operation, { ...(await this.#subscription(subscription)), ...replay });
    }
    if (operation === 'SetSubscriptionAttributes' && form.get('AttributeName') === 'ReplayPolicy') {
      return this.#startReplay(subscription, form.get('AttributeValue') ?? '');
    }
    return undefined;
  }

  async #subscription(SubscriptionArn: string): Promise<Record<string, string>> {
    const { Attributes = {} } = await this.#sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
    return Attributes;
  }

  async #startReplay(subscription: string, ReplayPolicy: string): Promise<Answer> {
    const attributes = await this.#subscription(subscription);
    const { TopicArn = '', RawMessageDelivery } = attributes;
    const { PointType, StartingPoint, EndingPoint } = JSON.parse(ReplayPolicy) as Record<string, string>;
    const [from, until] = [Date.parse(StartingPoint ?? ''), EndingPoint ? Date.parse(EndingPoint) : Date.now()];
    if (!this.#retentionDays.has(TopicArn)) return invalidParameter('the topic has no ArchivePolicy');
    if (RawMessageDelivery !== 'true') return invalidParameter('the embedded cloud replays raw deliveries only');
    if (PointType !== 'Timestamp' || Number.isNaN(from + until))
      return invalidParameter('the points must be timestamps');
    if (from < this.#archiveStartOf(TopicArn)) return invalidParameter('the archive begins after the starting point');
    const replay: Replay = { ReplayPolicy, ReplayStatus: 'In progress' };
    this.#replays.set(subscription, replay);
    this.#replay(attributes, from, until).then(
      () => {
        replay.ReplayStatus = 'Completed';
      },
      (error: Error) => {
        console.error(`${subscription}: ${error.message}`);
        replay.ReplayStatus = 'Failed';
      },
    );
    return snsResponse('SetSubscriptionAttributes', '');
  }

  /** Sends archived messages in the order of their publication, with one call at a time. */
  async #replay({ TopicArn = '', Endpoint = '', FilterPolicy }: Record<string, string>, from: number, until: number) {
    const matches = createFilter(FilterPolicy ? [FilterPolicy] : []);
    const page = this.#database.prepare(
      'SELECT id, entry FROM archive WHERE topic = ? AND published_at BETWEEN ? AND ? AND id > ? ORDER BY id LIMIT ?',
    );
    for (let last = 0; ; ) {
      const rows = page
        .all(TopicArn, from, until, last, PAGE)
        .map(({ id, entry }): Row => ({ ...(JSON.parse(String(entry)) as Published), id: Number(id) }));
      if (rows.length === 0) return;
      last = rows.at(-1)?.id ?? last;
      const wanted = rows.filter(({ attributes }) => matches(attributes));
      if (wanted.length > 0) {
        const Entries = wanted.map(replayEntry);
        await this.#sqs.send(new SendMessageBatchCommand({ QueueUrl: this.#queueUrlOf(Endpoint), Entries }));
      }
    }
  }
}

let replayedMessages = 0;

/**
 * A replayed message. It has a new deduplication id, because a queue drops a message whose deduplication id the queue
 * received in the last five minutes.
 */
const replayEntry = ({ id, body, group, attributes }: Row) => ({
  Id: String(id),
  MessageBody: body,
  MessageGroupId: group,
  MessageDeduplicationId: `replayed-${Date.now()}-${++replayedMessages}`,
  MessageAttributes: Object.fromEntries(
    Object.entries({ ...attributes, Replayed: 'true' }).map(([name, StringValue]) => [
      name,
      { DataType: 'String', StringValue },
    ]),
  ),
});
