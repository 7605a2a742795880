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
  /** Whose messages they are (CloudEvents `source`). */
  source: string;
  /** The channels that may be sent to. */
  channels: Addresses;
}

/** Names of messages that follow from others. */
const FOLLOWING = '0d6bd8c1-93c7-5f0e-a5a9-5a8f7c1de4b2';

/**
 * Makes what a handler sends: `command` and `reply` return messages for the `send` of an effect.
 * @public
 */
export type Correspondence<Sends extends Channel = Channel> = ReturnType<typeof createCorrespondence<Sends>>;

/**
 * What a service sends because of a message that it got: it belongs to the same conversation. Its id follows from that
 * message and its type, so a service sends one of a type because of a message, and the same one if it derives it again.
 * `at`: ISO, when it came to be.
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
    /** A command on another service's channel, in that channel's format. */
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
     * The answer to a message; none, if it wants none.
     * @throws {PermanentError} if it wants it on a channel that is none of ours
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
          `message ${id} wants its reply on ${replyto}; known are: ${Object.keys(channels).join(', ') || 'none'}`,
        );
      }
      return [outgoing(replyto, contract, createMessage(contract, { ...following(cause, contract, at), data }))];
    },
  };
}
