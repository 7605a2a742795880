import { entriesOf, failedIn } from './published.ts';

/** A message as it was sent to a topic or queue. */
export interface SentMessage {
  at: string;
  /** Name of the topic or queue, such as `shop-dev-order-events.fifo`. */
  channel: string;
  /** The body as it was sent. */
  body: string;
}

const MAX_MESSAGES = 10_000;

/** The messages of a call: a form for SNS, JSON for SQS. Entries that the broker rejected are left out. */
export function messagesSent(
  service: string,
  operation: string,
  request: string,
  answer: string,
): Omit<SentMessage, 'at'>[] {
  if (service === 'sns' && /^Publish(Batch)?$/.test(operation)) {
    const form = new URLSearchParams(request);
    const channel = form.get('TopicArn')?.split(':').at(-1) ?? '';
    const failed = failedIn(answer);
    return entriesOf(form).flatMap(({ id, body }) => (failed.has(id) ? [] : [{ channel, body }]));
  }
  if (service === 'sqs' && /^SendMessage(Batch)?$/.test(operation)) {
    const { QueueUrl = '', MessageBody, Entries = [] } = JSON.parse(request) as SqsRequest;
    const { Failed = [] } = JSON.parse(answer) as { Failed?: Array<{ Id: string }> };
    const channel = QueueUrl.split('/').at(-1) ?? '';
    const taken = Entries.filter(({ Id }) => !Failed.some((one) => one.Id === Id)).map((entry) => entry.MessageBody);
    return [MessageBody, ...taken].filter((body) => body !== undefined).map((body) => ({ channel, body }));
  }
  return [];
}

interface SqsRequest {
  QueueUrl?: string;
  MessageBody?: string;
  Entries?: Array<{ Id?: string; MessageBody?: string }>;
}

/** The last messages, in memory, because brokers do not keep delivered messages. */
export class SentMessages {
  readonly #messages: SentMessage[] = [];

  add(messages: readonly SentMessage[]): void {
    this.#messages.push(...messages);
    if (this.#messages.length > 2 * MAX_MESSAGES) this.#messages.splice(0, this.#messages.length - MAX_MESSAGES);
  }

  /** The oldest first. */
  get all(): readonly SentMessage[] {
    return this.#messages;
  }

  /** Messages about an aggregate, the oldest first. */
  about = (aggregate: string): SentMessage[] => this.#messages.filter(({ body }) => body.includes(aggregate));
}
