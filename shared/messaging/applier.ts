import { SpanKind } from '@opentelemetry/api';
import type { MessageContract } from '../contracts/contract.ts';
import { fail, traced } from '../observability/spans.ts';
import { withinBudget } from '../resilience/budget.ts';
import { type Cursor, decide } from './cursor.ts';
import { HeldError, isPermanent, TransientError, UnsentError } from './errors.ts';
import {
  type Envelope,
  isErasing,
  isOtherRendition,
  type Message,
  type Place,
  placeOf,
  readMessage,
} from './message.ts';
import type { OutgoingMessage } from './outgoing.ts';
import type { Sender } from './sender.ts';
import type { Effect, ParkedReason, SubscriberStore } from './subscriber-store.ts';

/**
 * What an event means to a service. Returns the writes to commit with the cursor; `call` is for what cannot be part
 * of a transaction (an SMS): it runs under a lease, at least once, and must be idempotent by the message id.
 * @param released whether a person released it, after a rule had held it back
 */
export type Handler<C extends MessageContract> = (
  message: Message<C>,
  released: boolean,
) => Reaction | Promise<Reaction>;

/**
 * @param again whether an earlier call for the message may have taken effect, though nothing was heard of it
 * @returns what its outcome adds to the effect: committed with the rest, and not at all if the call fails
 */
type Call = (again: boolean) => Promise<Effect | undefined>;

type Reaction = Effect & { call?: Call };

/** One handler a type. A type without handler only moves the cursor. */
export type Handlers<C extends MessageContract> = {
  [T in C['type']]?: Handler<Extract<C, { type: T }>>;
};

export interface Parked {
  outcome: 'parked';
  reason: ParkedReason;
  error?: Error;
}

/** `ignored`: a rendition of an event that reaches this subscriber in another, which it can read. */
export type Attempt = { outcome: 'applied' | 'duplicate' | 'ignored' } | Parked;

export interface ApplierOptions<C extends MessageContract> {
  store: SubscriberStore;
  contracts: readonly C[];
  handlers: Handlers<C>;
  /** Whether messages come without a version, each to be applied once by its id, in no order. */
  unordered?: boolean;
  /** Sends what effects have to send; none is needed if no effect has. */
  sender?: Sender | undefined;
  now: () => Date;
  newId: () => string;
  /** Told of each message what became of it, and how long ago its event happened; also while it is being logged about. */
  onAttempt?: ((attempted: Attempt, lagMs: number) => void) | undefined;
  /** How long a handler with a `call` keeps others off its aggregate: longer than the call may take. */
  leaseMs?: number;
}

export interface ApplyOptions {
  /** How often its queue has handed it out; nothing, if it was parked. */
  receives?: number;
  /** Whether a person has asked for it. */
  redriven?: boolean;
  /** Whether an aggregate without cursor may begin at this version, whichever it is. */
  mayAdopt?: boolean;
  /** Whether a person released it, after a rule had held it back. */
  released?: boolean;
  /** Why it is not even tried, if it is its turn. */
  held?: HeldError | undefined;
}

/**
 * Applies a message if it is its turn, and says so; else whether it was applied before, or why it must be parked.
 * @throws {Error} whatever may pass with time
 */
export type Apply = (envelope: Envelope, options?: ApplyOptions) => Promise<Attempt>;

/** Where a message stands that was applied, and its type, if anybody could read it. */
type Applied = Place & { type?: string };

export interface Applier {
  apply: Apply;
  /**
   * Finishes what an applied message left undone, whose function may have died right after the commit: it erases, and
   * sends what its effect had to send.
   * @throws {Error} if it cannot
   */
  settle(applied: Applied): Promise<void>;
}

const withOutcome = (effect: Effect, outcome: Effect = {}): Effect => ({
  set: { ...effect.set, ...outcome.set },
  remove: [...(effect.remove ?? []), ...(outcome.remove ?? [])],
  writes: [...(effect.writes ?? []), ...(outcome.writes ?? [])],
  send: [...(effect.send ?? []), ...(outcome.send ?? [])],
});

/** Nobody knows, unless the error says that it has not. */
const mayHaveHappened = (error: unknown): boolean =>
  !isPermanent(error) && !(error instanceof TransientError && !error.mayHaveHappened);

/** Longer than a provider gets for an answer, with five seconds more for clocks that differ. */
const DEFAULT_LEASE_MS = 15_000;
/** Each attempt after the first follows a change of the cursor by somebody else. */
const CLAIM_ATTEMPTS = 5;

/**
 * A message without a version is remembered by its id for so long: it may come again for 14 days from its queue and for
 * another 14 from the dead letters; as much once more for whoever publishes it a second time.
 */
const REMEMBERED_SECONDS = 56 * 24 * 3600;

/** The one way in which a message is applied, live or parked: effect and cursor in one conditional write. */
export function createApplier<C extends MessageContract>(options: ApplierOptions<C>): Applier {
  const { store, contracts, handlers, unordered = false, sender, now, newId, onAttempt } = options;
  const { leaseMs = DEFAULT_LEASE_MS } = options;

  async function send(place: Place, messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    if (!sender) throw new Error(`${place.aggregateId}: there is something to send, and no sender`);
    const errors = await sender.send(messages);
    if (errors.size < messages.length) await store.sent(place, [...errors.keys()]);
    const [cause] = errors.values();
    if (cause) throw new UnsentError(`applied, but what follows could not be sent: ${cause.message}`, { cause });
  }

  async function settle({ type = '', ...place }: Applied): Promise<void> {
    if (isErasing({ type }, contracts)) await store.eraseLeft(place.aggregateId);
    if (sender) await send(place, await store.unsent(place));
  }

  async function commit(
    message: Message<C>,
    { aggregateId, version }: Place,
    released: boolean,
    after: number,
    baseline?: number,
  ) {
    const erases = isErasing(message, contracts);
    const next: Cursor = { version, ...(baseline !== undefined && { baseline }), ...(erases && { erased: true }) };
    const handler = handlers[message.type as C['type']] as Handler<C> | undefined;
    const { call, ...decided } = (await handler?.(message, released)) ?? {};
    let effect: Effect = decided;
    if (call) {
      const from = now();
      const lease = { owner: newId(), from, until: new Date(from.getTime() + leaseMs) };
      const leased = await store.lease(aggregateId, after, lease);
      if (leased.state !== 'done') return leased;
      try {
        if (now().getTime() - from.getTime() > leaseMs / 3)
          throw new TransientError(`${message.id}: its lease came late`);
        // Whoever calls for longer would do so beside the next.
        const left = () => from.getTime() + (leaseMs * 2) / 3 - now().getTime();
        const outcome = await withinBudget(left, () => call(leased.again ?? false));
        effect = withOutcome(decided, outcome);
      } catch (error) {
        await store.release(aggregateId, lease, leased.again || mayHaveHappened(error));
        throw error;
      }
    }
    const at = now();
    const expiresAt = Math.ceil(at.getTime() / 1000) + REMEMBERED_SECONDS;
    const set = { ...effect.set, appliedAt: at.toISOString(), ...(unordered && { expiresAt }) };
    const claim = await store.commit(aggregateId, after, next, { ...effect, set });
    if (erases && claim.state === 'done') await store.eraseLeft(aggregateId);
    if (claim.state === 'done') await send({ aggregateId, version }, effect.send ?? []);
    return claim;
  }

  async function attempt(message: Message<C>, place: Place, mayAdopt: boolean, released: boolean): Promise<Attempt> {
    const { version } = place;
    // The fast path expects the message to be next, so that it costs one write and no read.
    let claim = mayAdopt
      ? await commit(message, place, released, 0, version)
      : await commit(message, place, released, version - 1);
    for (let tries = 1; claim.state !== 'done'; tries++) {
      if (claim.state === 'leased') {
        throw new TransientError(`${message.id}: another handler is at work on its aggregate`);
      }
      if (tries === CLAIM_ATTEMPTS) throw new TransientError(`${message.id}: the cursor of its aggregate keeps moving`);
      const decision = decide(claim.cursor, version);
      if (decision.action === 'acknowledge') return duplicate({ ...place, type: message.type });
      if (decision.action === 'adopt') return { outcome: 'parked', reason: 'gap' };
      if (decision.action === 'park') return { outcome: 'parked', reason: decision.because };
      claim = await commit(message, place, released, decision.after);
    }
    return { outcome: 'applied' };
  }

  async function duplicate(applied: Applied): Promise<Attempt> {
    await settle(applied);
    return { outcome: 'duplicate' };
  }

  /** A message that fails for good may still be a duplicate, or too early: the cursor says so. */
  async function judge(place: Applied, error: Error, mayAdopt: boolean): Promise<Attempt> {
    const decision = decide(await store.cursor(place.aggregateId), place.version);
    if (decision.action === 'acknowledge') return duplicate(place);
    if (decision.action === 'park') return { outcome: 'parked', reason: decision.because };
    if (decision.action === 'adopt' && !mayAdopt) return { outcome: 'parked', reason: 'gap' };
    return { outcome: 'parked', reason: error instanceof HeldError ? 'held' : 'failed', error };
  }

  async function applyNow(
    envelope: Envelope,
    { mayAdopt = false, released = false, held }: ApplyOptions,
  ): Promise<Attempt> {
    if (isOtherRendition(envelope, contracts)) return { outcome: 'ignored' };
    const place = placeOf(envelope, unordered);
    try {
      if (held) throw held;
      return await attempt(readMessage(envelope, contracts) as Message<C>, place, mayAdopt, released);
    } catch (error) {
      if (!isPermanent(error)) throw error;
      return judge({ ...place, type: envelope.type }, error, mayAdopt);
    }
  }

  return {
    settle,

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
