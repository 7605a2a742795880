import { type Message, type MessageAttributes, noteTraceHeader, type QueueStore } from './message-facts.ts';

interface Entry {
  Id?: string;
  MessageAttributes?: MessageAttributes;
  MessageSystemAttributes?: MessageAttributes;
}

interface Request extends Entry {
  QueueUrl?: string;
  Entries?: Entry[];
  AttributeNames?: string[];
  MessageSystemAttributeNames?: string[];
}

interface Answer {
  MessageId?: string;
  Successful?: Array<{ Id: string }>;
  Messages?: Array<{ ReceiptHandle: string; Attributes?: Record<string, string> }>;
}

/** System attributes that fauxqs lacks, or has only one value for. */
const VALUES: Readonly<Record<string, (message: Message) => string | undefined>> = {
  SenderId: ({ senderId }) => senderId,
  AWSTraceHeader: ({ traceHeader }) => traceHeader,
  DeadLetterQueueSourceArn: ({ deadLetterSource }) => deadLetterSource,
};

/**
 * System attributes of messages
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html).
 */
export function createSystemAttributes(store: QueueStore, md5: (attributes: MessageAttributes) => string) {
  const told = (request: Request, { ReceiptHandle, Attributes }: NonNullable<Answer['Messages']>[number]) => {
    const message = store.getQueue(request.QueueUrl ?? '')?.inflightMessages.get(ReceiptHandle)?.message;
    const names = [...(request.AttributeNames ?? []), ...(request.MessageSystemAttributeNames ?? [])];
    const wanted = Object.entries(VALUES).filter(([name]) => names.includes('All') || names.includes(name));
    const values = wanted.map(([name, of]) => [name, message && of(message)] as const);
    const known = values.filter(([, value]) => value !== undefined);
    return known.length === 0
      ? Attributes
      : { ...Attributes, ...(Object.fromEntries(known) as Record<string, string>) };
  };

  return {
    /**
     * Records the system attributes that messages are sent with. @returns why SQS rejects them; undefined if it does
     * not
     */
    take(request: unknown): string | undefined {
      for (const entry of sentIn(request as Request)) {
        const { AWSTraceHeader, ...others } = entry.MessageSystemAttributes ?? {};
        const [unknown] = Object.keys(others);
        if (unknown !== undefined) return `The message system attribute ${unknown} is none; there is AWSTraceHeader.`;
        if (AWSTraceHeader?.DataType !== 'String' || !AWSTraceHeader.StringValue)
          return 'The message system attribute AWSTraceHeader must be a string.';
        entry.MessageAttributes ??= {};
        noteTraceHeader(entry.MessageAttributes, AWSTraceHeader.StringValue);
      }
      return undefined;
    },

    /** Adds system attributes to a response: the digest for a sender, the values for a receiver. */
    tell(request: unknown, answer: unknown): unknown {
      const { MessageId, Successful = [], Messages = [] } = answer as Answer;
      for (const message of Messages) {
        const Attributes = told(request as Request, message);
        if (Attributes) message.Attributes = Attributes;
      }
      if (MessageId === undefined && Successful.length === 0) return answer;
      for (const { Id, MessageSystemAttributes = {} } of sentIn(request as Request)) {
        const sent = Id === undefined ? answer : Successful.find((one) => one.Id === Id);
        Object.assign(sent ?? {}, { MD5OfMessageSystemAttributes: md5(MessageSystemAttributes) });
      }
      return answer;
    },
  };
}

/** The messages of a request that have system attributes. */
const sentIn = (request: Request | undefined): Entry[] =>
  request === undefined || request === null
    ? []
    : [request, ...(request.Entries ?? [])].filter(({ MessageSystemAttributes }) => MessageSystemAttributes);
