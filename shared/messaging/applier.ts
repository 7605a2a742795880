import type { MessageContract } from '../contracts/contract.ts';
import { type Cursor, decide } from './cursor.ts';
import { isPermanent, TransientError } from './errors.ts';
import { type Envelope, type Message, readMessage, versionOf } from './message.ts';
import type { Effect, ParkedReason, SubscriberStore } from './subscriber-store.ts';

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

export interface Parked {
  outcome: 'parked';
  reason: ParkedReason;
  error?: Error;
}

export type Attempt = { outcome: 'applied' | 'duplicate' } | Parked;

export interface ApplierOptions<C extends MessageContract> {
  store: SubscriberStore;
  contracts: readonly C[];
  handlers: Handlers<C>;
  now: () => Date;
  newId: () => string;
  /** How long a handler with a `call` keeps others off its aggregate: longer than the call may take. */
  leaseMs?: number;
}

/**
 * Applies a message if it is its turn, and says so; else whether it was applied before, or why it must be parked.
 * @param mayAdopt whether an aggregate without cursor may begin at this version, whichever it is
 * @throws {Error} whatever may pass with time
 */
export type Apply = (envelope: Envelope, mayAdopt?: boolean) => Promise<Attempt>;

/** Longer than a provider gets for an answer, with five seconds more for clocks that differ. */
const DEFAULT_LEASE_MS = 15_000;
/** Each attempt after the first follows a change of the cursor by somebody else. */
const CLAIM_ATTEMPTS = 5;

/** The one way in which a message is applied, live or parked: effect and cursor in one conditional write. */
export function createApplier<C extends MessageContract>(options: ApplierOptions<C>): Apply {
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
        if (now().getTime() - from.getTime() > leaseMs / 3)
          throw new TransientError(`${message.id}: its lease came late`);
        await call();
      } catch (error) {
        await store.release(message.subject, lease);
        throw error;
      }
    }
    const set = { ...effect.set, appliedAt: now().toISOString() };
    return store.commit(message.subject, after, next, { ...effect, set });
  }

  async function attempt(message: Message<C>, mayAdopt: boolean): Promise<Attempt> {
    const version = versionOf(message);
    // The fast path expects the message to be next, so that it costs one write and no read.
    let claim = mayAdopt
      ? await commit(message, 0, { version, baseline: version })
      : await commit(message, version - 1, { version });
    for (let tries = 1; claim.state !== 'done'; tries++) {
      if (claim.state === 'leased') {
        throw new TransientError(`${message.id}: another handler is at work on its aggregate`);
      }
      if (tries === CLAIM_ATTEMPTS) throw new TransientError(`${message.id}: the cursor of its aggregate keeps moving`);
      const decision = decide(claim.cursor, version);
      if (decision.action === 'acknowledge') return { outcome: 'duplicate' };
      if (decision.action === 'adopt') return { outcome: 'parked', reason: 'gap' };
      if (decision.action === 'park') return { outcome: 'parked', reason: decision.because };
      claim = await commit(message, decision.after, { version });
    }
    return { outcome: 'applied' };
  }

  /** A message that fails for good may still be a duplicate, or too early: the cursor says so. */
  async function judge(envelope: Envelope, error: Error, mayAdopt: boolean): Promise<Attempt> {
    const decision = decide(await store.cursor(envelope.subject), versionOf(envelope));
    if (decision.action === 'acknowledge') return { outcome: 'duplicate' };
    if (decision.action === 'park') return { outcome: 'parked', reason: decision.because };
    if (decision.action === 'adopt' && !mayAdopt) return { outcome: 'parked', reason: 'gap' };
    return { outcome: 'parked', reason: 'failed', error };
  }

  return async (envelope, mayAdopt = false) => {
    try {
      return await attempt(readMessage(envelope, contracts) as Message<C>, mayAdopt);
    } catch (error) {
      if (!isPermanent(error)) throw error;
      return judge(envelope, error, mayAdopt);
    }
  };
}
