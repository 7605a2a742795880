import type { MessageContract } from '../../contracts/contract.ts';
import { withinBudget } from '../../resilience/budget.ts';
import type { Cursor } from '../cursor.ts';
import { isPermanent, TransientError } from '../errors.ts';
import { followingFrom } from '../following.ts';
import { handlersOf } from '../handlers.ts';
import { isErasing, type Message, type MessagePosition } from '../message.ts';
import { withMessagingErrors } from '../remote-errors.ts';
import type { Effect, State } from '../subscriber-store.ts';
import type { Consequences, ConsequencesOptions } from './consequences.ts';

export interface CommitOptions<C extends MessageContract> extends Omit<ConsequencesOptions<C>, 'sender'> {
  /** Whether a message is identified by its id instead of by aggregate and version. It is then applied in any order. */
  unordered?: boolean;
  now: () => Date;
  newId: () => string;
  /** How long a handler with a `call` may hold the lease on its aggregate. The call gets two thirds of this time. */
  leaseMs?: number;
}

const withOutcome = (effect: Effect, outcome: Effect = {}): Effect => ({
  set: { ...effect.set, ...outcome.set },
  remove: [...(effect.remove ?? []), ...(outcome.remove ?? [])],
  writes: [...(effect.writes ?? []), ...(outcome.writes ?? [])],
  send: [...(effect.send ?? []), ...(outcome.send ?? [])],
});

/**
 * Whether the outcome of a failed call is unknown. The outcome is known after a permanent error, and after a transient
 * error that states that the call had no effect.
 */
const isOutcomeUnknown = (error: unknown): boolean =>
  !isPermanent(error) && !(error instanceof TransientError && !error.outcomeUnknown);

/** The default duration of a lease: ten seconds for the call, and five seconds for clock skew. */
const DEFAULT_LEASE_MS = 15_000;

/**
 * How long the id of an unordered message is stored to recognise duplicates. The queue and the dead-letter queue
 * keep a message for at most 14 days each. A sender may publish the message again, so the id is kept for
 * twice that time.
 */
const REMEMBERED_SECONDS = 56 * 24 * 3600;

class CursorMoved extends Error {
  readonly cursor: Cursor | undefined;

  constructor(cursor: Cursor | undefined) {
    super('the cursor is not at the expected version');
    this.cursor = cursor;
  }
}

/**
 * Creates a function that commits the effect of a message together with the cursor in one conditional write. The
 * function then erases data, if the message requires it, and sends the messages that follow from the message.
 */
export function createCommit<C extends MessageContract>(
  options: CommitOptions<C>,
  { send }: Pick<Consequences, 'send'>,
) {
  const { store, contracts, idempotent = false, unordered = idempotent, now, newId } = options;
  const { leaseMs = DEFAULT_LEASE_MS } = options;
  const handlers = handlersOf(options.handlers);

  /**
   * @returns a function that reads the state at most once. It throws `CursorMoved` if the cursor is not at the expected
   * version, or if the aggregate's data was erased. In both cases, a commit would fail
   */
  function stateAt(aggregateId: string, expectedVersion: number): () => Promise<State> {
    let reading: Promise<State> | undefined;
    const read = async () => {
      const { cursor, state } = await store.state(aggregateId);
      if ((cursor?.version ?? 0) !== expectedVersion || cursor?.erased) throw new CursorMoved(cursor);
      return state;
    };
    return () => {
      reading ??= read();
      return reading;
    };
  }

  return async (
    message: Message<C>,
    { aggregateId, version }: MessagePosition,
    released: boolean,
    expectedVersion: number,
    baseline?: number,
  ) => {
    const erases = isErasing(message, contracts);
    const next: Cursor = { version, ...(baseline !== undefined && { baseline }), ...(erases && { erased: true }) };
    const { handle, follows } = handlers(message.type) ?? {};
    const reaction = await withMessagingErrors(now, async () =>
      handle?.(message, { released, state: stateAt(aggregateId, expectedVersion) }),
    ).catch((error) => {
      if (error instanceof CursorMoved) return error;
      throw error;
    });
    if (reaction instanceof CursorMoved) return { state: 'moved' as const, cursor: reaction.cursor };
    const { call, ...decided } = reaction ?? {};
    let effect: Effect = decided;
    if (call) {
      const from = now();
      const lease = { owner: newId(), from, until: new Date(from.getTime() + leaseMs) };
      const leased = await store.lease(aggregateId, expectedVersion, lease);
      if (leased.state !== 'done') return leased;
      try {
        if (now().getTime() - from.getTime() > leaseMs / 3)
          throw new TransientError(`${message.id}: lease acquired too late; retrying`);
        // The call gets two thirds of the lease, because a longer call could overlap with the call of the next holder.
        const remainingMs = () => from.getTime() + (leaseMs * 2) / 3 - now().getTime();
        const runCall = () => withMessagingErrors(now, () => call(leased.outcomeUnknown ?? false));
        const outcome = await withinBudget(remainingMs, runCall);
        effect = withOutcome(decided, outcome);
      } catch (error) {
        await store.release(aggregateId, lease, leased.outcomeUnknown || isOutcomeUnknown(error));
        throw error;
      }
    }
    const at = now();
    const expiresAt = Math.ceil(at.getTime() / 1000) + REMEMBERED_SECONDS;
    const set = { ...effect.set, appliedAt: at.toISOString(), ...(unordered && { expiresAt }) };
    const claim = await store.commit(aggregateId, expectedVersion, next, { ...effect, set });
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
      // The message is already applied. After a permanent error, it would be acknowledged as a duplicate, and the
      // messages that follow from it would be lost. After a transient error, the next delivery sends these messages.
      throw new TransientError(`${message.id}: applied, but its consequences failed: ${error.message}`, {
        cause: error,
      });
    }
    return claim;
  };
}
