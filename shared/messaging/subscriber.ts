import { MAX_RECEIVES } from '../config/redelivery.ts';
import type { MessageContract } from '../contracts/contract.ts';
import { type Cursor, decide } from './cursor.ts';
import { isPermanent, TransientError } from './errors.ts';
import { type Envelope, type Message, readEnvelope, readMessage, versionOf } from './message.ts';
import type { Effect, ParkedMessage, ParkedReason, SubscriberStore } from './subscriber-store.ts';

/**
 * What an event means to a service. Returns the writes to commit with the cursor; `call` is for what cannot be part
 * of a transaction (an SMS): it runs under a lease, at least once, and must be idempotent by the message id.
 */
export type Handler<C extends MessageContract> = (message: Message<C>) => Reaction | Promise<Reaction>;

type Reaction = Effect & { call?: () => Promise<void> };

/** One handler a type. A type without handler only moves the cursor. */
export type Handlers<C extends MessageContract> = {
  [T in C['type']]?: Handler<Extract<C, { type: T }>>;
};

export type Outcome = 'applied' | 'duplicate' | 'parked';

interface Parked {
  outcome: 'parked';
  reason: ParkedReason;
  error?: Error;
}

type Attempt = { outcome: 'applied' | 'duplicate' } | Parked;

export interface SubscriberOptions<C extends MessageContract> {
  store: SubscriberStore;
  contracts: readonly C[];
  handlers: Handlers<C>;
  now: () => Date;
  newId: () => string;
  /** How long a handler with a `call` keeps others off its aggregate: longer than the call may take. */
  leaseMs?: number;
}

export interface SweepReport {
  applied: number;
  /** Left where they are, because their predecessor is still missing or waits itself. */
  waiting: number;
  /** Left for a person. */
  forPerson: number;
  failed: Array<{ messageId: string; error: Error }>;
}

/** Longer than a provider gets for an answer, with five seconds more for clocks that differ. */
const DEFAULT_LEASE_MS = 15_000;
/** Each attempt after the first follows a change of the cursor by somebody else. */
const CLAIM_ATTEMPTS = 5;

/** Applies the events of each aggregate exactly once and in order. */
export function createSubscriber<C extends MessageContract>(options: SubscriberOptions<C>) {
  const { store, contracts, handlers, now, newId, leaseMs = DEFAULT_LEASE_MS } = options;

  async function commit(message: Message<C>, after: number, next: Cursor) {
    const handler = handlers[message.type as C['type']] as Handler<C> | undefined;
    const { call, ...effect } = (await handler?.(message)) ?? {};
    if (call) {
      const from = now();
      const lease = { owner: newId(), from, until: new Date(from.getTime() + leaseMs) };
      const leased = await store.lease(message.subject, after, lease);
      if (leased.state !== 'done') return leased;
      try {
        await call();
      } catch (error) {
        await store.release(message.subject, lease);
        throw error;
      }
    }
    const set = { ...effect.set, appliedAt: now().toISOString() };
    return store.commit(message.subject, after, next, { ...effect, set });
  }

  /** The fast path expects the message to be next, so that it costs one write and no read. */
  async function attempt(message: Message<C>): Promise<Attempt> {
    const version = versionOf(message);
    let claim = await commit(message, version - 1, { version });
    for (let tries = 1; claim.state !== 'done'; tries++) {
      if (claim.state === 'leased') {
        throw new TransientError(`${message.id}: another handler is at work on its aggregate`);
      }
      if (tries === CLAIM_ATTEMPTS) throw new TransientError(`${message.id}: the cursor of its aggregate keeps moving`);
      const decision = decide(claim.cursor, version);
      if (decision.action === 'acknowledge') return { outcome: 'duplicate' };
      if (decision.action === 'park') return { outcome: 'parked', reason: decision.because };
      if (decision.action === 'adopt') {
        if (await store.hasParkedBelow(message.subject, version)) return { outcome: 'parked', reason: 'gap' };
        claim = await commit(message, 0, { version, baseline: version });
      } else {
        claim = await commit(message, decision.after, { version });
      }
    }
    return { outcome: 'applied' };
  }

  /** A message that fails for good may still be a duplicate, or too early: the cursor says so. */
  async function judge(envelope: Envelope, error: Error): Promise<Attempt> {
    const decision = decide(await store.cursor(envelope.subject), versionOf(envelope));
    if (decision.action === 'acknowledge') return { outcome: 'duplicate' };
    if (decision.action === 'park') return { outcome: 'parked', reason: decision.because };
    return { outcome: 'parked', reason: 'failed', error };
  }

  async function attemptEnvelope(envelope: Envelope): Promise<Attempt> {
    try {
      return await attempt(readMessage(envelope, contracts) as Message<C>);
    } catch (error) {
      if (!isPermanent(error)) throw error;
      return judge(envelope, error);
    }
  }

  const park = (envelope: Envelope, body: string, { reason, error }: Parked) =>
    store.park({
      aggregateId: envelope.subject,
      version: versionOf(envelope),
      messageId: envelope.id,
      body,
      reason,
      ...(error && { error: `${error.name}: ${error.message}` }),
      parkedAt: now().toISOString(),
    });

  async function sweepOne(parked: ParkedMessage, report: SweepReport): Promise<void> {
    const envelope = readEnvelope(parked.body);
    const attempted = await attemptEnvelope(envelope);
    if (attempted.outcome !== 'parked') {
      await store.unpark(parked);
      if (attempted.outcome === 'applied') report.applied++;
      return;
    }
    report.waiting++;
    if (attempted.reason !== parked.reason) await park(envelope, parked.body, attempted);
  }

  async function sweepAggregate(queue: readonly ParkedMessage[], report: SweepReport): Promise<void> {
    const inOrder = queue.toSorted((a, b) => a.version - b.version);
    for (const [index, parked] of inOrder.entries()) {
      try {
        // It may have come again and been applied since it was parked, whatever it was parked for.
        if (decide(await store.cursor(parked.aggregateId), parked.version).action === 'acknowledge') {
          await store.unpark(parked);
        } else if (parked.reason === 'below-baseline') {
          report.forPerson++;
        } else if (parked.reason === 'failed') {
          report.forPerson++;
          report.waiting += inOrder.length - index - 1;
          return;
        } else {
          await sweepOne(parked, report);
        }
      } catch (error) {
        report.failed.push({ messageId: parked.messageId, error: error as Error });
        return;
      }
    }
  }

  return {
    /**
     * Applies a message body, or parks it.
     * @param receives how often the message was received, this time included
     * @throws {UnreadableMessageError} if not even the header can be read, so that there is no place to park it; any
     * other error may pass with time
     */
    async apply(body: string, receives: number): Promise<Outcome> {
      const envelope = readEnvelope(body);
      versionOf(envelope);
      const attempted = await attemptEnvelope(envelope).catch((error: Error): Attempt => {
        if (receives < MAX_RECEIVES) throw error;
        // The queue would give it to the dead letters now. Parked, it keeps its place, and the sweep goes on trying.
        return { outcome: 'parked', reason: 'gap', error };
      });
      if (attempted.outcome === 'parked') await park(envelope, body, attempted);
      return attempted.outcome;
    },

    /** Applies the parked messages whose turn has come, those of an aggregate from the lowest. */
    async sweep(): Promise<SweepReport> {
      const report: SweepReport = { applied: 0, waiting: 0, forPerson: 0, failed: [] };
      const parked: ParkedMessage[] = [];
      for await (const page of store.parked()) parked.push(...page);
      for (const queue of Map.groupBy(parked, ({ aggregateId }) => aggregateId).values()) {
        await sweepAggregate(queue, report);
      }
      return report;
    },
  };
}
