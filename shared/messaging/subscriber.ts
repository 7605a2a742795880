import type { MessageContract } from '../contracts/contract.ts';
import { type Cursor, decide } from './cursor.ts';
import { isPermanent, TransientError } from './errors.ts';
import { type Message, readMessage, versionOf } from './message.ts';
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

type Attempt = { outcome: 'applied' | 'duplicate' } | { outcome: 'parked'; reason: ParkedReason; error?: Error };

export interface SubscriberOptions<C extends MessageContract> {
  store: SubscriberStore;
  contracts: readonly C[];
  handlers: Handlers<C>;
  now: () => Date;
  /** How long a handler with a `call` keeps others off its aggregate: longer than its function may run. */
  leaseMs?: number;
}

export interface SweepReport {
  applied: number;
  /** Left where they are: their predecessor is still missing, or they wait for a person. */
  waiting: number;
  failed: Array<{ messageId: string; error: Error }>;
}

/** A consuming function ends within ten seconds; five more for clocks that differ. */
const DEFAULT_LEASE_MS = 15_000;
/** Each attempt after the first follows a change of the cursor by somebody else. */
const CLAIM_ATTEMPTS = 5;

/** Applies the events of each aggregate exactly once and in order. */
export function createSubscriber<C extends MessageContract>(options: SubscriberOptions<C>) {
  const { store, contracts, handlers, now, leaseMs = DEFAULT_LEASE_MS } = options;

  async function commit(message: Message<C>, after: number, next: Cursor) {
    const handler = handlers[message.type as C['type']] as Handler<C> | undefined;
    const { call, ...effect } = (await handler?.(message)) ?? {};
    if (call) {
      const start = now();
      const lease = await store.lease(message.subject, after, start, new Date(start.getTime() + leaseMs));
      if (lease.state !== 'done') return lease;
      await call();
    }
    const set = { ...effect.set, appliedAt: now().toISOString() };
    return store.commit(message.subject, after, next, { ...effect, set });
  }

  /** The fast path expects the message to be next, so that it costs one write and no read. */
  async function attempt(message: Message<C>): Promise<Attempt> {
    const { subject } = message;
    const version = versionOf(message);
    let claim = await commit(message, version - 1, { version });
    for (let tries = 1; tries < CLAIM_ATTEMPTS; tries++) {
      if (claim.state === 'done') return { outcome: 'applied' };
      if (claim.state === 'leased')
        throw new TransientError(`${message.id}: another handler is at work on its aggregate`);
      const decision = decide(claim.cursor, version);
      if (decision.action === 'acknowledge') return { outcome: 'duplicate' };
      if (decision.action === 'park') return { outcome: 'parked', reason: decision.because };
      if (decision.action === 'adopt') {
        if (await store.hasParkedBelow(subject, version)) return { outcome: 'parked', reason: 'gap' };
        claim = await commit(message, 0, { version, baseline: version });
      } else {
        claim = await commit(message, decision.after, { version });
      }
    }
    throw new TransientError(`${message.id}: the cursor of its aggregate keeps moving`);
  }

  async function attemptBody(body: string): Promise<Attempt & { message: Message<C> }> {
    const message = readMessage(body, contracts) as Message<C>;
    try {
      return { ...(await attempt(message)), message };
    } catch (error) {
      if (!isPermanent(error)) throw error;
      return { outcome: 'parked', reason: 'failed', error, message };
    }
  }

  const park = (message: Message<C>, body: string, reason: ParkedReason, error?: Error) =>
    store.park({
      aggregateId: message.subject,
      version: versionOf(message),
      messageId: message.id,
      body,
      reason,
      ...(error && { error: `${error.name}: ${error.message}` }),
      parkedAt: now().toISOString(),
    });

  async function sweepOne(parked: ParkedMessage, report: SweepReport): Promise<void> {
    const attempted = await attemptBody(parked.body);
    if (attempted.outcome !== 'parked') {
      await store.unpark(parked);
      if (attempted.outcome === 'applied') report.applied++;
      return;
    }
    report.waiting++;
    if (attempted.reason !== parked.reason)
      await park(attempted.message, parked.body, attempted.reason, attempted.error);
  }

  async function sweepAggregate(queue: readonly ParkedMessage[], report: SweepReport): Promise<void> {
    const inOrder = queue.toSorted((a, b) => a.version - b.version);
    for (const [index, parked] of inOrder.entries()) {
      if (parked.reason === 'below-baseline') {
        report.waiting++;
        continue;
      }
      // It waits for a person; its successors wait behind it.
      if (parked.reason === 'failed') {
        report.waiting += inOrder.length - index;
        return;
      }
      try {
        await sweepOne(parked, report);
      } catch (error) {
        report.failed.push({ messageId: parked.messageId, error: error as Error });
        return;
      }
    }
  }

  return {
    /**
     * Applies a message body, or parks it.
     * @throws {UnreadableMessageError} if the body is no known message; any other error may pass with time
     */
    async apply(body: string): Promise<Outcome> {
      const attempted = await attemptBody(body);
      if (attempted.outcome === 'parked') await park(attempted.message, body, attempted.reason, attempted.error);
      return attempted.outcome;
    },

    /** Applies the parked messages whose turn has come, those of an aggregate from the lowest. */
    async sweep(): Promise<SweepReport> {
      const report: SweepReport = { applied: 0, waiting: 0, failed: [] };
      const parked: ParkedMessage[] = [];
      for await (const page of store.parked()) parked.push(...page);
      for (const queue of Map.groupBy(parked, ({ aggregateId }) => aggregateId).values()) {
        await sweepAggregate(queue, report);
      }
      return report;
    },
  };
}
