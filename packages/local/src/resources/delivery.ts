import { PublishCommand } from '@aws-sdk/client-sns';
import { type MessageAttributeValue, SendMessageCommand } from '@aws-sdk/client-sqs';
import { CloudError } from '../errors/cloud-error.ts';
import type { Principal } from '../iam/policy.ts';
import { functionOf } from './function-of.ts';
import type { Runtime } from './runtime.ts';

export interface Delivery {
  body: string;
  /** The message group, for a FIFO queue. */
  groupId?: string | undefined;
  /** The subject, for a topic. */
  subject?: string | undefined;
  attributes?: Record<string, string> | undefined;
}

/** Delivers a message to a function, a queue or a topic. */
export type Deliver = (message: Delivery) => Promise<void>;

interface Kind {
  action: string;
  to: (runtime: Runtime, arn: string) => Deliver;
}

const KINDS: Record<string, Kind> = {
  lambda: {
    action: 'lambda:InvokeFunction',
    to: (runtime, arn) => {
      const { asynchronous } = functionOf(runtime, arn);
      return async ({ body }) => void asynchronous.run(body);
    },
  },
  sqs: {
    action: 'sqs:SendMessage',
    to:
      ({ innerSqs, emulators, accountId }, arn) =>
      async ({ body, groupId, attributes }) => {
        const QueueUrl = `${emulators.messagingUrl}/${accountId}/${arn.split(':').at(-1)}`;
        const MessageAttributes = attributesOf(attributes);
        await innerSqs.send(
          new SendMessageCommand({
            ...{ QueueUrl, MessageBody: body, MessageAttributes },
            ...(groupId !== undefined && { MessageGroupId: groupId }),
          }),
        );
      },
  },
  sns: {
    action: 'sns:Publish',
    to:
      ({ sns }, TopicArn) =>
      async ({ body: Message, subject: Subject, attributes }) => {
        const MessageAttributes = attributesOf(attributes);
        await sns.send(new PublishCommand({ TopicArn, Message, MessageAttributes, ...(Subject && { Subject }) }));
      },
  },
};

const attributesOf = (attributes: Record<string, string> = {}): Record<string, MessageAttributeValue> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );

/** The sender of a delivery, and the beginning of error messages about the delivery. */
export interface Sender {
  principal: Principal;
  /** The beginning of error messages, such as `rule Nightly`. */
  errorPrefix: string;
}

/**
 * Creates a function that delivers messages to a function, a queue or a topic. Adds a check that runs at the end of the
 * deployment. The check requires that the target exists and that the sender has permission.
 * @throws {Error} if the ARN names another kind of resource, or a function that does not exist
 */
export function deliveryTo(runtime: Runtime, arn: string, { principal, errorPrefix }: Sender): Deliver {
  const kind = KINDS[/^arn:aws:(\w+):/.exec(arn)?.[1] ?? ''];
  if (!kind) throw new Error(`the embedded cloud delivers only to functions, queues and topics, not to ${arn}`);
  runtime.checks.push(() => {
    if (!runtime.created.some(({ attributes = {} }) => Object.values(attributes).includes(arn)))
      throw new CloudError(`${errorPrefix}: there is no ${arn}.`);
    runtime.access.require({ principal, action: kind.action, resource: arn }, errorPrefix);
  });
  return kind.to(runtime, arn);
}
