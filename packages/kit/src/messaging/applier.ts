import { SpanKind } from '@opentelemetry/api';
import type { MessageContract } from '../contracts/contract.ts';
import { fail, traced } from '../observability/spans.ts';
import { createChange } from './applier/change.ts';
import { type CommitOptions, createCommit } from './applier/commit.ts';
import { type Consequences, type ConsequencesOptions, createConsequences } from './applier/consequences.ts';
import { decide } from './cursor.ts';
import { HeldError, isPermanent, MissingDataError, PermanentError, TransientError } from './errors.ts';
import { handlersOf } from './handlers.ts';
import {
  type Envelope,
  isOtherRendition,
  type Message,
  type MessagePosition,
  positionOf,
  readMessage,
} from './message.ts';
import type { ParkedReason } from './subscriber-store.ts';

export interface Parked {
  outcome: 'parked';
  reason: ParkedReason;
  error?: Error;
}

/** `ignored`: a rendition of an event that this subscriber reads in another rendition. */
export type Attempt = { outcome: 'applied' | 'duplicate' | 'ignored' } | Parked;

export interface ApplierOptions<C extends MessageContract> extends CommitOptions<C>, ConsequencesOptions<C> {
  /** Whether replies can be sent to a channel. */
  mayReplyOn?: (channel: string) => boolean;
  /**
   * Called after each attempt that does not throw, with its outcome and the age of the message, while the log fields of
   * the message are set.
   */
  onAttempt?: ((attempted: Attempt, lagMs: number) => void) | undefined;
}

export interface ApplyOptions {
  /** How often the queue has delivered the message; undefined for a parked message. */
  receives?: number;
  /** Whether an operator requested this attempt. */
  redriven?: boolean;
  /** Whether an aggregate that has no cursor yet may start at this version. */
  mayAdopt?: boolean;
  /** Whether an operator released the message, which was held. */
  released?: boolean;
  /** If set, a message that is next in order is not applied, but parked with this error. */
  held?: HeldError | undefined;
}

/**
 * Applies a message if it is next in order. Returns the outcome, with the reason if the message must be parked.
 * @throws {UnreadableMessageError} if the message needs a version and has no valid one
 * @throws {Error} if a later attempt may succeed
 */
export type Apply = (envelope: Envelope, options?: ApplyOptions) => Promise<Attempt>;

export interface Applier {
  apply: Apply;
  complete: Consequences['complete'];
}

const APPLIED = { outcome: 'applied' } as const;
const DUPLICATE = { outcome: 'duplicate' } as const;

/** The maximum number of tries. A try fails if the cursor is not at the expected version. */
const CLAIM_ATTEMPTS = 5;

/**
 * Creates the applier, which applies messages from the queue, and parked messages. It writes the effect and the cursor
 * in one conditional write. For a consumer that is `idempotent`, it writes only the effect.
 */
export function createApplier<C extends MessageContract>(options: ApplierOptions<C>): Applier {
  const { store, contracts, idempotent = false, unordered = idempotent, now, onAttempt } = options;
  const { mayReplyOn = () => true, readWhole = async (envelope) => envelope } = options;
  const handlers = handlersOf(options.handlers);
  const { send, complete } = createConsequences(options);
  const commit = createCommit(options, { send });
  const change = createChange(options);

  async function attempt(
    message: Message<C>,
    position: MessagePosition,
    { mayAdopt = false, released = false }: ApplyOptions,
  ) {
    const { version } = position;
    const { replyto } = message;
    // Checked before anything is committed, because the reply could not be sent afterwards.
    if (replyto !== undefined && handlers(message.type)?.follows && !mayReplyOn(replyto))
      throw new PermanentError(
        `message ${message.id} requests a reply on ${replyto}, which is not a channel of this service`,
      );
    if (idempotent) return (await change(message, released)) ? APPLIED : DUPLICATE;
    // The first try assumes that the message is next in order. If that is true, the cursor need not be read.
    let claim = mayAdopt
      ? await commit(message, position, released, 0, version)
      : await commit(message, position, released, version - 1);
    for (let tries = 1; claim.state !== 'done'; tries++) {
      if (claim.state === 'leased') {
        throw new TransientError(`${message.id}: another handler is processing its aggregate`);
      }
      if (tries === CLAIM_ATTEMPTS)
        throw new TransientError(`${message.id}: the cursor of its aggregate moved during every try`);
      const decision = decide(claim.cursor, version);
      if (decision.action === 'acknowledge') return DUPLICATE;
      if (decision.action === 'adopt') return { outcome: 'parked', reason: 'gap' } as const;
      if (decision.action === 'park') return { outcome: 'parked', reason: decision.because } as const;
      claim = await commit(message, position, released, decision.after);
    }
    return APPLIED;
  }

  /**
   * Uses the cursor to decide whether a message that was not applied is a duplicate, or why it must be parked.
   */
  async function classify(position: MessagePosition, error: Error, mayAdopt: boolean): Promise<Attempt> {
    const decision = decide(await store.cursor(position.aggregateId), position.version);
    if (decision.action === 'acknowledge') return DUPLICATE;
    if (decision.action === 'park') return { outcome: 'parked', reason: decision.because };
    if (decision.action === 'adopt' && !mayAdopt) return { outcome: 'parked', reason: 'gap' };
    return { outcome: 'parked', reason: error instanceof HeldError ? 'held' : 'failed', error };
  }

  async function tryOnce(envelope: Envelope, position: MessagePosition, options: ApplyOptions): Promise<Attempt> {
    try {
      if (options.held) throw options.held;
      return await attempt(readMessage(await readWhole(envelope), contracts) as Message<C>, position, options);
    } catch (error) {
      const isMissing = error instanceof MissingDataError;
      if (!isPermanent(error) && !isMissing) throw error;
      const classified = await classify(position, error, options.mayAdopt ?? false);
      // The data may be available at the next attempt.
      if (isMissing && classified.outcome === 'parked' && classified.reason === 'failed') throw error;
      return classified;
    }
  }

  async function applyNow(envelope: Envelope, options: ApplyOptions): Promise<Attempt> {
    if (isOtherRendition(envelope, contracts)) return { outcome: 'ignored' };
    const position = positionOf(envelope, unordered);
    const attempted = await tryOnce(envelope, position, options);
    // A duplicate at its first delivery is a second copy of a message, and need not be completed. If messages that
    // follow from the first copy are not sent yet, the queue redelivers the first copy, which is then completed.
    if (attempted.outcome === 'duplicate' && options.receives !== 1)
      await complete({ ...position, messageId: envelope.id, type: envelope.type, envelope });
    return attempted;
  }

  return {
    complete,

    async apply(envelope, options = {}) {
      const { id, correlationid } = envelope;
      return traced(
        `process ${envelope.type}`,
        {
          kind: SpanKind.CONSUMER,
          parent: envelope.traceparent,
          attributes: attributesOf(envelope, options),
          logged: { message_id: id, ...(correlationid && { correlation_id: correlationid }) },
        },
        async (span) => {
          const attempted = await applyNow(envelope, options);
          span.setAttribute('rollcall.outcome', attempted.outcome === 'parked' ? attempted.reason : attempted.outcome);
          const lagMs = now().getTime() - Date.parse(envelope.time);
          if (attempted.outcome === 'applied') span.setAttribute('rollcall.lag_ms', lagMs);
          if (attempted.outcome === 'parked' && attempted.reason === 'failed' && attempted.error)
            fail(span, attempted.error);
          onAttempt?.(attempted, lagMs);
          return attempted;
        },
      );
    },
  };
}

/** https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
const attributesOf = ({ id, type, subject, source, sequence }: Envelope, { receives, redriven }: ApplyOptions) => ({
  'messaging.system': 'aws_sqs',
  'messaging.operation.type': 'process',
  'messaging.message.id': id,
  'cloudevents.event_type': type,
  'cloudevents.event_source': source,
  'rollcall.aggregate': subject,
  ...(sequence !== undefined && { 'rollcall.version': Number(sequence) }),
  ...(receives === undefined ? { 'rollcall.parked': true } : { 'rollcall.receives': receives }),
  ...(redriven && { 'rollcall.redriven': true }),
});
