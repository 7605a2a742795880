import { entriesOf } from './published.ts';

/** A message as it was sent to a topic or queue. */
export interface SentMessage {
  at: string;
  /** Name of the topic or queue, such as `rollcall-dev-member-events.fifo`. */
  channel: string;
  /** As it was sent. */
  body: string;
}

const MOST_MESSAGES = 10_000;

/** What a call sends: of SNS in a form, of SQS in JSON. */
export function messagesSent(service: string, operation: string, request: string): Omit<SentMessage, 'at'>[] {
  if (service === 'sns' && /^Publish(Batch)?$/.test(operation)) {
    const form = new URLSearchParams(request);
    const channel = form.get('TopicArn')?.split(':').at(-1) ?? '';
    return entriesOf(form).map(({ body }) => ({ channel, body }));
  }
  if (service === 'sqs' && /^SendMessage(Batch)?$/.test(operation)) {
    const { QueueUrl = '', MessageBody, Entries = [] } = JSON.parse(request) as SqsRequest;
    const channel = QueueUrl.split('/').at(-1) ?? '';
    const bodies = [MessageBody, ...Entries.map((entry) => entry.MessageBody)];
    return bodies.filter((body) => body !== undefined).map((body) => ({ channel, body }));
  }
  return [];
}

interface SqsRequest {
  QueueUrl?: string;
  MessageBody?: string;
  Entries?: Array<{ MessageBody?: string }>;
}

/** The last messages, in memory: what a broker has delivered, nobody could show any more. */
export class SentMessages {
  readonly #messages: SentMessage[] = [];

  add(messages: readonly SentMessage[]): void {
    this.#messages.push(...messages);
    if (this.#messages.length > 2 * MOST_MESSAGES) this.#messages.splice(0, this.#messages.length - MOST_MESSAGES);
  }

  /** Those that say something of an aggregate, the oldest first. */
  about = (aggregate: string): SentMessage[] => this.#messages.filter(({ body }) => body.includes(aggregate));
}
