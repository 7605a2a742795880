import { type Channel, sendersOfType, sourcePattern } from '@rollcall/kit/internal/contracts/channel';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import { channels } from '../../shared/contracts/channels.ts';
import { jsonSchema } from './json-schema.ts';

const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more });

/** The CloudEvents header of every message. */
const HEADER = {
  specversion: { const: '1.0' },
  id: text('UUID. Copies with the same ID are the same message.'),
  time: text('Time of creation.', { format: 'date-time' }),
  datacontenttype: { enum: ['application/json', 'application/protobuf'] },
  partitionkey: text('On FIFO channels, messages with the same key are delivered in order.'),
  sequence: text('The version of the aggregate. For a command: its number among the commands about that member.', {
    pattern: '^\\d{16}$',
  }),
  traceparent: text('W3C trace context.'),
  correlationid: text('ID of the request or process that the message belongs to.'),
  causationid: text('ID of the message that caused this message.'),
  replyto: text('Name of the channel for replies.'),
  alternatetype: text('Type of the other rendition in which the same event is published.'),
};

const REQUIRED = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'partitionkey'];

/** Returns the key of a message in the document: `rollcall.member.registered.v1` becomes `memberRegisteredV1`. */
export const componentName = ({ type }: MessageContract) =>
  type.replace(/^rollcall\./, '').replace(/[.-](\w)/g, (_, letter: string) => letter.toUpperCase());

/** The schemas of `source` and `subject`, which depend on the message type. */
function sourceAndSubject(contract: MessageContract, channel: Channel) {
  const senders = sendersOfType(channel, contract.type);
  return {
    source: text(
      'The sending service. Consumers refuse messages from other services.',
      'anyServiceOf' in senders ? { pattern: sourcePattern(senders.anyServiceOf) } : { enum: senders },
    ),
    subject: text(`ID of the member. Equals \`data.${contract.subjectField}\`.`),
  };
}

function message(contract: MessageContract, channel: Channel) {
  const schema = jsonSchema(contract.data);
  const codec = contract.formats?.find(({ mediaType }) => mediaType === channel.format);
  const data = codec
    ? {
        data: { ...schema, description: `${schema.description} Senders may use JSON instead of \`data_base64\`.` },
        data_base64: text(`\`${codec.documentType}\` in Protocol Buffers, encoded in Base64.`),
      }
    : { data: schema };
  const required = channel.format === 'application/json' ? [...REQUIRED, 'data'] : REQUIRED;
  return {
    name: contract.type,
    title: contract.type,
    summary: schema.description,
    contentType: 'application/cloudevents+json',
    tags: [{ name: contract.kind }],
    payload: {
      type: 'object',
      required,
      properties: { ...HEADER, ...sourceAndSubject(contract, channel), type: { const: contract.type }, ...data },
    },
  };
}

/** Builds the AsyncAPI 3.0 document of the sent and received messages. */
export function asyncApi(version: string) {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Rollcall',
      version,
      description: 'CloudEvents 1.0 in structured JSON mode, over SNS FIFO topics and SQS queues.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(
      channels.map((channel) => [
        channel.name,
        {
          address: `rollcall-{stage}-${channel.name}${channel.ordered ? '.fifo' : ''}`,
          title: channel.name,
          description: channel.description,
          parameters: { stage: { description: 'Name of the stage, such as `prod`.' } },
          messages: Object.fromEntries(
            channel.messages.map((contract) => [
              componentName(contract),
              { $ref: `#/components/messages/${componentName(contract)}` },
            ]),
          ),
        },
      ]),
    ),
    operations: Object.fromEntries(
      channels.map((channel) => [
        channel.kind === 'topic' ? `publish-${channel.name}` : `consume-${channel.name}`,
        {
          action: channel.kind === 'topic' ? 'send' : 'receive',
          channel: { $ref: `#/channels/${channel.name}` },
          summary: channel.description,
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries(
        channels.flatMap((channel) =>
          channel.messages.map((contract) => [componentName(contract), message(contract, channel)]),
        ),
      ),
    },
  };
}
