import { v5 as idFromName } from 'uuid';
import type * as z from 'zod';
import type { Channel } from '../contracts/channel.ts';
import type { MessageContract } from '../contracts/contract.ts';
import { currentTraceparent } from '../observability/spans.ts';
import { PermanentError } from './errors.ts';
import { createMessage, type Message } from './message.ts';
import { type OutgoingMessage, outgoing } from './outgoing.ts';
import type { Addresses } from './sender.ts';

export interface CorrespondenceOptions {
  /** CloudEvents `source` of the messages. */
  source: string;
  /** The channels that messages may be sent to. */
  channels: Addresses;
}

/** UUID namespace for the ids of messages that follow from other messages. */
const FOLLOWING = '0d6bd8c1-93c7-5f0e-a5a9-5a8f7c1de4b2';

/**
 * Creates the messages that a handler sends. Return the results of `command` and `reply` in the `send` of an effect.
 * @public
 */
export type Correspondence<Sends extends Channel = Channel> = ReturnType<typeof createCorrespondence<Sends>>;

/**
 * Creates messages that follow from a received message and belong to the same conversation. The id of a created message
 * is derived from the service, the id of the received message, and the type of the created message. Therefore, a
 * service can send only one message of each type per received message, and a message that is created again has the same
 * id. `at` is the creation time in ISO 8601 format.
 */
export function createCorrespondence<Sends extends Channel = Channel>({ source, channels }: CorrespondenceOptions) {
  const following = (cause: Message, { type }: MessageContract, at: string) => ({
    id: idFromName(`${source} ${cause.id} ${type}`, FOLLOWING),
    source,
    subject: cause.subject,
    time: new Date(at),
    ...(cause.correlationid !== undefined && { correlationId: cause.correlationid }),
    causationId: cause.id,
    traceparent: currentTraceparent() ?? cause.traceparent,
  });

  return {
    /** Creates a command on another service's channel, in the format of that channel. */
    command<C extends MessageContract>(
      cause: Message,
      { name, format }: Sends,
      contract: C,
      data: z.input<C['data']>,
      at: string,
    ): OutgoingMessage {
      return outgoing(name, contract, createMessage(contract, { ...following(cause, contract, at), data, format }));
    },

    /**
     * Creates the reply to a message. Returns an empty list if the message requests no reply.
     * @throws {PermanentError} if the message requests a reply on a channel that this service does not send to
     */
    reply<C extends MessageContract>(
      cause: Message,
      contract: C,
      data: z.input<C['data']>,
      at: string,
    ): OutgoingMessage[] {
      const { id, replyto } = cause;
      if (replyto === undefined) return [];
      if (!Object.hasOwn(channels, replyto)) {
        throw new PermanentError(
          `message ${id} requests a reply on ${replyto}; channels of this service: ${Object.keys(channels).join(', ') || 'none'}`,
        );
      }
      return [outgoing(replyto, contract, createMessage(contract, { ...following(cause, contract, at), data }))];
    },
  };
}
