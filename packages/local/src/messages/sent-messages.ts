import { entriesOf, failedIn } from './published.ts';

/** A message that was sent to a topic or queue. */
export interface SentMessage {
  at: string;
  /** The name of the topic or queue, such as `shop-dev-order-events.fifo`. */
  channel: string;
  body: string;
}

const MIN_KEPT = 10_000;

/**
 * The messages that a call to SNS or SQS sent, without the entries that the broker rejected. SNS requests are forms,
 * and SQS requests are JSON.
 */
export function messagesSent(
  service: string,
  operation: string,
  request: string,
  response: string,
): Omit<SentMessage, 'at'>[] {
  if (service === 'sns' && /^Publish(Batch)?$/.test(operation)) {
    const form = new URLSearchParams(request);
    const channel = form.get('TopicArn')?.split(':').at(-1) ?? '';
    const failed = failedIn(response);
    return entriesOf(form).flatMap(({ id, body }) => (failed.has(id) ? [] : [{ channel, body }]));
  }
  if (service === 'sqs' && /^SendMessage(Batch)?$/.test(operation)) {
    const { QueueUrl = '', MessageBody, Entries = [] } = JSON.parse(request) as SqsRequest;
    const { Failed = [] } = JSON.parse(response) as { Failed?: Array<{ Id: string }> };
    const channel = QueueUrl.split('/').at(-1) ?? '';
    const accepted = Entries.filter(({ Id }) => !Failed.some((one) => one.Id === Id)).map((entry) => entry.MessageBody);
    return [MessageBody, ...accepted].filter((body) => body !== undefined).map((body) => ({ channel, body }));
  }
  return [];
}

interface SqsRequest {
  QueueUrl?: string;
  MessageBody?: string;
  Entries?: Array<{ Id?: string; MessageBody?: string }>;
}

/**
 * The last 10,000 sent messages, and up to 10,000 earlier messages. They are kept in memory, because brokers do not
 * keep delivered messages.
 */
export class SentMessages {
  readonly #messages: SentMessage[] = [];

  add(messages: readonly SentMessage[]): void {
    this.#messages.push(...messages);
    if (this.#messages.length > 2 * MIN_KEPT) this.#messages.splice(0, this.#messages.length - MIN_KEPT);
  }

  /** All kept messages, with the oldest first. */
  get all(): readonly SentMessage[] {
    return this.#messages;
  }

  /** The kept messages whose body contains an aggregate's id, with the oldest first. */
  about = (aggregate: string): SentMessage[] => this.#messages.filter(({ body }) => body.includes(aggregate));
}
