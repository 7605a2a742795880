import { SpanKind } from '@opentelemetry/api';
import type { MessageContract } from '../contracts/contract.ts';
import { fail, traced } from '../observability/spans.ts';
import { withinBudget } from '../resilience/budget.ts';
import { type Cursor, decide } from './cursor.ts';
import { HeldError, isPermanent, PermanentError, TransientError, UnreadableMessageError } from './errors.ts';
import { followingFrom } from './following.ts';
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
import { withMessagingErrors } from './remote-errors.ts';
import type { Sender } from './sender.ts';
import type { Effect, ParkedKey, ParkedReason, State, SubscriberStore } from './subscriber-store.ts';
import { UnsentError } from './unsent-error.ts';

/**
 * What an event means to a service. Returns the writes to commit with the cursor; `call` is for what cannot be part
 * of a transaction (an SMS): it runs under a lease, at least once, and must be idempotent by the message id.
 * Of a message that is idempotent by state, it returns `writes` or `setOnce` alone, and is asked again if a condition of
 * theirs refuses them. What a remote service throws (`resilience/errors`) it lets through: an open circuit postpones the
 * message, a refusal parks it, and the rest is tried again.
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

/**
 * What is to be sent because a message was applied. It is kept nowhere: who finds the message applied derives it again. So
 * it follows from the message and the committed state alone, never from the clock, nor from a setting in force.
 */
export type Follows<C extends MessageContract> = (message: Message<C>, state: State) => OutgoingMessage[];

/** One handler a type. A type without handler only moves the cursor. */
export type Handlers<C extends MessageContract> = {
  [T in C['type']]?:
    | Handler<Extract<C, { type: T }>>
    | { handle: Handler<Extract<C, { type: T }>>; follows: Follows<Extract<C, { type: T }>> };
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
  /** Whether they need no cursor either, as each handler is idempotent by the state that it writes. */
  idempotent?: boolean;
  /** Sends what effects have to send; none is needed if no effect has. */
  sender?: Sender | undefined;
  /** Whether a reply can be sent on a channel. */
  mayReplyOn?: (channel: string) => boolean;
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

/** A message that was applied: its type, if anybody could read it, and what is left of it. */
export type Applied = ParkedKey & { type?: string; envelope?: Envelope; unsent?: readonly OutgoingMessage[] };

export interface Applier {
  apply: Apply;
  /**
   * Finishes what an applied message left undone, whose function may have died right after the commit: it erases, and
   * sends what follows.
   * @throws {UnsentError} if it cannot be sent
   */
  settle(applied: Applied): Promise<void>;
}

const withOutcome = (effect: Effect, outcome: Effect = {}): Effect => ({
  set: { ...effect.set, ...outcome.set },
  remove: [...(effect.remove ?? []), ...(outcome.remove ?? [])],
  writes: [...(effect.writes ?? []), ...(outcome.writes ?? [])],
  send: [...(effect.send ?? []), ...(outcome.send ?? [])],
});

const DUPLICATE = { outcome: 'duplicate' } as const;

/** Finds what handles a type. */
export function handlersOf<C extends MessageContract>(handlers: Handlers<C>) {
  type Found = { handle: Handler<C>; follows?: Follows<C> };
  return (type: string): Found | undefined => {
    const found = handlers[type as C['type']] as Handler<C> | Found | undefined;
    return typeof found === 'function' ? { handle: found } : found;
  };
}

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
  const { store, contracts, idempotent = false, unordered = idempotent, sender, now, newId, onAttempt } = options;
  const { leaseMs = DEFAULT_LEASE_MS, mayReplyOn = () => true } = options;
  const handlers = handlersOf(options.handlers);

  /**
   * @param kept what is kept with the cursor until it is sent
   * @param derived what is kept nowhere
   */
  async function send(place: Place, kept: readonly OutgoingMessage[], derived: readonly OutgoingMessage[]) {
    const messages = [...kept, ...derived];
    if (messages.length === 0) return;
    if (!sender) throw new Error(`${place.aggregateId}: there is something to send, and no sender`);
    const errors = await sender.send(messages);
    const left = kept.filter((message) => errors.has(message));
    if (left.length < kept.length) await store.sent(place, left);
    const [cause] = errors.values();
    if (!cause) return;
    const unsent = derived.filter((message) => errors.has(message));
    throw new UnsentError(`applied, but what follows could not be sent: ${cause.message}`, { cause, unsent });
  }

  async function settle({ type = '', envelope, unsent, ...key }: Applied): Promise<void> {
    if (idempotent) return;
    if (isErasing({ type }, contracts)) await store.eraseLeft(key.aggregateId, key.messageId);
    if (sender) await send(key, await store.unsent(key), unsent ?? (envelope ? await derive(key, envelope) : []));
  }

  /** What follows from a message that was applied. Nothing follows from one that was skipped, or whose subject has left. */
  async function derive(key: ParkedKey, envelope: Envelope): Promise<OutgoingMessage[]> {
    // By the type that it is read as: an older one is handled as its successor.
    const message = readIfAble(envelope);
    const follows = message && handlers(message.type)?.follows;
    if (!follows) return [];
    const { cursor, state } = await store.state(key.aggregateId);
    if (cursor?.erased && cursor.version !== key.version) return [];
    return (await store.isGivenUp(key)) ? [] : follows(message, state);
  }

  /** Of a message that was applied before, and can no longer be read, nothing can be derived. */
  function readIfAble(envelope: Envelope): Message<C> | undefined {
    try {
      return readMessage(envelope, contracts) as Message<C>;
    } catch (error) {
      if (error instanceof UnreadableMessageError) return undefined;
      throw error;
    }
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
    const { handle, follows } = handlers(message.type) ?? {};
    const { call, ...decided } = (await withMessagingErrors(now, async () => handle?.(message, released))) ?? {};
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
        const outcome = await withinBudget(left, () => withMessagingErrors(now, () => call(leased.again ?? false)));
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
    if (claim.state !== 'done') return claim;
    try {
      if (erases) await store.eraseLeft(aggregateId, message.id);
      const derived = (state: State) => follows?.(message, state) ?? [];
      const following = claim.committed
        ? derived(claim.committed)
        : (followingFrom({ ...effect, set }, derived) ?? derived((await store.state(aggregateId)).state));
      await send({ aggregateId, version }, effect.send ?? [], following);
    } catch (error) {
      if (!isPermanent(error)) throw error;
      // It is applied: judged by the cursor it would pass for a copy, whose answer nobody owes.
      throw new TransientError(`${message.id}: applied, but what follows from it fails: ${error.message}`, {
        cause: error,
      });
    }
    return claim;
  }

  /** What it changes is idempotent by itself; a condition that refuses it says that the state was not what it was thought. */
  async function change(message: Message<C>, released: boolean): Promise<Attempt> {
    for (let tries = 0; tries < CLAIM_ATTEMPTS; tries++) {
      const handle = async () => handlers(message.type)?.handle(message, released);
      const { writes = [], setOnce, ...others } = (await withMessagingErrors(now, handle)) ?? {};
      if (Object.keys(others).length > 0) throw new Error(`${message.type}: an idempotent handler only writes`);
      if (writes.length === 0 && !setOnce) return { outcome: 'duplicate' };
      if (await store.change({ writes, ...(setOnce && { setOnce }) })) return { outcome: 'applied' };
    }
    throw new TransientError(`${message.id}: what it changes is being changed by others`);
  }

  async function attempt(message: Message<C>, place: Place, { mayAdopt = false, released = false }: ApplyOptions) {
    const { version } = place;
    const { replyto } = message;
    // Before anything is committed: what cannot be answered fails here.
    if (replyto !== undefined && handlers(message.type)?.follows && !mayReplyOn(replyto))
      throw new PermanentError(
        `message ${message.id} wants its reply on ${replyto}, which is no channel of this service`,
      );
    if (idempotent) return change(message, released);
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
      if (decision.action === 'acknowledge') return DUPLICATE;
      if (decision.action === 'adopt') return { outcome: 'parked', reason: 'gap' } as const;
      if (decision.action === 'park') return { outcome: 'parked', reason: decision.because } as const;
      claim = await commit(message, place, released, decision.after);
    }
    return { outcome: 'applied' } as const;
  }

  /** A message that fails for good may still be a duplicate, or too early: the cursor says so. */
  async function judge(place: Place, error: Error, mayAdopt: boolean): Promise<Attempt> {
    const decision = decide(await store.cursor(place.aggregateId), place.version);
    if (decision.action === 'acknowledge') return DUPLICATE;
    if (decision.action === 'park') return { outcome: 'parked', reason: decision.because };
    if (decision.action === 'adopt' && !mayAdopt) return { outcome: 'parked', reason: 'gap' };
    return { outcome: 'parked', reason: error instanceof HeldError ? 'held' : 'failed', error };
  }

  async function tryOnce(envelope: Envelope, place: Place, options: ApplyOptions): Promise<Attempt> {
    try {
      if (options.held) throw options.held;
      return await attempt(readMessage(envelope, contracts) as Message<C>, place, options);
    } catch (error) {
      if (!isPermanent(error)) throw error;
      return judge(place, error, options.mayAdopt ?? false);
    }
  }

  async function applyNow(envelope: Envelope, options: ApplyOptions): Promise<Attempt> {
    if (isOtherRendition(envelope, contracts)) return { outcome: 'ignored' };
    const place = placeOf(envelope, unordered);
    const attempted = await tryOnce(envelope, place, options);
    // What comes for the first time is a copy: whatever was applied before comes again itself, if it left anything undone.
    if (attempted.outcome === 'duplicate' && options.receives !== 1)
      await settle({ ...place, messageId: envelope.id, type: envelope.type, envelope });
    return attempted;
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
