import { type Message, type MessageAttributes, type QueueStore, recordTraceHeader } from './message-metadata.ts';

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

interface Response {
  MessageId?: string;
  Successful?: Array<{ Id: string }>;
  Messages?: Array<{ ReceiptHandle: string; Attributes?: Record<string, string> }>;
}

/** The system attributes that fauxqs does not support, or for which fauxqs always returns the same value. */
const VALUES: Readonly<Record<string, (message: Message) => string | undefined>> = {
  SenderId: ({ senderId }) => senderId,
  AWSTraceHeader: ({ traceHeader }) => traceHeader,
  DeadLetterQueueSourceArn: ({ deadLetterSource }) => deadLetterSource,
};

/**
 * Records the system attributes of sent messages, and adds system attributes to responses
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html).
 */
export function createSystemAttributes(store: QueueStore, md5: (attributes: MessageAttributes) => string) {
  const attributesFor = (
    request: Request,
    { ReceiptHandle, Attributes }: NonNullable<Response['Messages']>[number],
  ) => {
    const message = store.getQueue(request.QueueUrl ?? '')?.inflightMessages.get(ReceiptHandle)?.message;
    const names = [...(request.AttributeNames ?? []), ...(request.MessageSystemAttributeNames ?? [])];
    const wanted = Object.entries(VALUES).filter(([name]) => names.includes('All') || names.includes(name));
    const values = wanted.map(([name, read]) => [name, message && read(message)] as const);
    const defined = values.filter(([, value]) => value !== undefined);
    return defined.length === 0
      ? Attributes
      : { ...Attributes, ...(Object.fromEntries(defined) as Record<string, string>) };
  };

  return {
    /**
     * Records the system attributes with which messages are sent.
     * @returns the reason why SQS rejects the attributes; undefined if SQS accepts them
     */
    record(request: unknown): string | undefined {
      for (const entry of sentIn(request as Request)) {
        const { AWSTraceHeader, ...others } = entry.MessageSystemAttributes ?? {};
        const [unknown] = Object.keys(others);
        if (unknown !== undefined)
          return `${unknown} is not a message system attribute. The only one is AWSTraceHeader.`;
        if (AWSTraceHeader?.DataType !== 'String' || !AWSTraceHeader.StringValue)
          return 'The message system attribute AWSTraceHeader must be a string.';
        entry.MessageAttributes ??= {};
        recordTraceHeader(entry.MessageAttributes, AWSTraceHeader.StringValue);
      }
      return undefined;
    },

    /**
     * Adds system attributes to a response: a sender gets the digest of the attributes, and a receiver gets their
     * values.
     */
    addTo(response: unknown, request: unknown): unknown {
      const { MessageId, Successful = [], Messages = [] } = response as Response;
      for (const message of Messages) {
        const Attributes = attributesFor(request as Request, message);
        if (Attributes) message.Attributes = Attributes;
      }
      if (MessageId === undefined && Successful.length === 0) return response;
      for (const { Id, MessageSystemAttributes = {} } of sentIn(request as Request)) {
        const sent = Id === undefined ? response : Successful.find((entry) => entry.Id === Id);
        Object.assign(sent ?? {}, { MD5OfMessageSystemAttributes: md5(MessageSystemAttributes) });
      }
      return response;
    },
  };
}

/** The messages with system attributes in a request: the request itself, or its entries. */
const sentIn = (request: Request | undefined): Entry[] =>
  request === undefined || request === null
    ? []
    : [request, ...(request.Entries ?? [])].filter(({ MessageSystemAttributes }) => MessageSystemAttributes);
