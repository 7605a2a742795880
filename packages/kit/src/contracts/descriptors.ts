import type * as z from 'zod';
import type { Channel, Senders } from './channel.ts';
import type { MessageContract, MessageKind } from './contract.ts';

// Mark calls as pure in a file with several channels: `export const orders = /* @__PURE__ */ topic(…)`. Otherwise
// esbuild keeps every call, and the contracts that the call references, even in bundles that do not use the channel.

/** Preserves the literal `type`, which identifies the handler, and the schema, which gives the data its type. */
type Contract<Kind extends MessageKind, T extends string, S extends z.ZodType> = MessageContract<T, S> & {
  readonly kind: Kind;
};

/** Options of a contract besides type, kind and data. */
type About<S extends z.ZodType> = Pick<MessageContract, 'erases' | 'formats' | 'supersedes'> & {
  readonly subjectField?: Extract<keyof z.output<S>, string>;
};

/**
 * An event: something happened.
 * @param type a name in the past tense that ends in the major version: `shop.order.created.v1`
 * @public
 */
export function event<const T extends string, S extends z.ZodType>(
  type: T,
  data: S,
  about: About<S> = {},
): Contract<'event', T, S> {
  return { ...about, type, kind: 'event', data };
}

/**
 * A command: a request to do something.
 * @param type a name in the imperative that ends in the major version: `shop.payment.charge.v1`
 * @public
 */
export function command<const T extends string, S extends z.ZodType>(
  type: T,
  data: S,
  about: About<S> = {},
): Contract<'command', T, S> {
  return { ...about, type, kind: 'command', data };
}

/**
 * A document: data only, such as a reply.
 * @param type a name that ends in the major version: `shop.payment.charged.v1`
 * @public
 */
export function document<const T extends string, S extends z.ZodType>(
  type: T,
  data: S,
  about: About<S> = {},
): Contract<'document', T, S> {
  return { ...about, type, kind: 'document', data };
}

interface AboutChannel<Messages extends readonly MessageContract[]> extends Pick<Channel, 'sendersOf' | 'large'> {
  /**
   * Allowed senders: the `source` of one service (`/APPLICATION/SERVICE`), several sources, or any service of an
   * application.
   */
  readonly from: string | Senders;
  readonly messages: Messages;
  /** Shown in generated documents and in the service directory (AWS Cloud Map). Default: empty. */
  readonly description?: string;
  /** `datacontenttype` of sent messages. Default: JSON. */
  readonly format?: Channel['format'];
}

/** @throws {TypeError} if a message has no codec for the channel's format */
function channel<Messages extends readonly MessageContract[]>(
  name: string,
  { from, description = '', format = 'application/json', ...rest }: AboutChannel<Messages>,
) {
  const withoutCodec = rest.messages.find(({ formats = [] }) => formats.every(({ mediaType }) => mediaType !== format));
  if (format !== 'application/json' && withoutCodec) {
    throw new TypeError(
      `channel ${name} has the format ${format}, for which ${withoutCodec.type} has no codec: add one to its formats`,
    );
  }
  return { ...rest, name, description, format, senders: typeof from === 'string' ? [from] : from };
}

/**
 * A FIFO topic: every subscriber gets every message, in order per subject.
 * @public
 */
export function topic<const Messages extends readonly MessageContract[]>(name: string, about: AboutChannel<Messages>) {
  return { ...channel(name, about), kind: 'topic', ordered: true } as const;
}

/**
 * A queue: its one consumer gets every message.
 * @param about `ordered`: whether the queue is FIFO and preserves the order per subject. Default: true
 * @public
 */
export function queue<const Messages extends readonly MessageContract[]>(
  name: string,
  { ordered = true, ...about }: AboutChannel<Messages> & { readonly ordered?: boolean },
) {
  return { ...channel(name, about), kind: 'queue', ordered } as const;
}
