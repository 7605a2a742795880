import { setTimeout as delay } from 'node:timers/promises';
import { busy, notFound, Problem } from '@rollcall/kit/http';
import type { CommandContext } from '@rollcall/kit/messaging';
import { v5 as idFromName } from 'uuid';
import type { Redemption } from '../../shared/contracts/operation.ts';
import type { Audit, Cause } from './audit.ts';
import { beginRedemption, expire, isOverdue, type Operation } from './operation.ts';
import type { OperationsStore } from './operations-store.ts';

export interface RedemptionsOptions {
  store: OperationsStore;
  audit: Audit;
  now: () => Date;
  newId: () => string;
}

/** An answer came in between; each attempt follows one. */
const ATTEMPTS = 5;
const LOOK_EVERY_MS = 100;
/** Names of operations that their client's key names. */
const OPERATIONS = '5d0d7a4e-6f0a-5c39-9b0d-6a1f3d2c8e11';

/** The use cases of redeeming points, whatever protocol asks for them. */
export function createRedemptions({ store, audit, now, newId }: RedemptionsOptions) {
  /** @param mayRead whether the caller may know the operation of a member */
  async function read(id: string, mayRead: (memberId: string) => boolean = () => true): Promise<Operation> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const operation = await store.find(id);
      if (!operation || !mayRead(operation.memberId)) throw notFound('operation of that id');
      if (!isOverdue(operation, now())) return operation;
      const expired = expire(operation);
      if (await store.change(operation, expired.outcome)) return expired;
    }
    throw busy('The operation is being changed. Try again.');
  }

  async function repeated(id: string, request: Operation): Promise<Operation> {
    const operation = await read(id);
    if (operation.fingerprint === request.fingerprint) return operation;
    throw new Problem('idempotency-key-reused', 'This Idempotency-Key came with another request before.');
  }

  return {
    read,

    /** The same idempotency key with the same request gets the same operation. */
    async redeem(
      memberId: string,
      redemption: Redemption,
      idempotencyKey: string | undefined,
      cause: Cause,
    ): Promise<Operation> {
      const operationId = idempotencyKey ? idFromName(`${memberId} ${idempotencyKey}`, OPERATIONS) : newId();
      // The answer to the command tells the operation by its correlation id.
      const context: CommandContext = { ...cause, now: now(), newId, correlationId: operationId };
      const { operation, command } = beginRedemption({ ...redemption, memberId, operationId }, context.now);
      const begun = await store.insert(operation, command, context);
      if (begun.result === 'done') {
        audit({ action: 'redeem', member: memberId, operation: operationId }, cause);
        return operation;
      }
      if (begun.result === 'refused') throw notFound(`member ${memberId}`);
      if (begun.result === 'stale') return repeated(operationId, operation);
      throw busy('Other redemptions of the member came in between. Try again.');
    },

    /** Looks until the operation is no longer pending, at most so long, and no longer than the caller waits. */
    async watch(id: string, seconds: number, signal?: AbortSignal): Promise<Operation> {
      const end = now().getTime() + seconds * 1000;
      for (;;) {
        const operation = await read(id);
        const left = end - now().getTime();
        if (operation.outcome.state !== 'pending' || left <= 0 || signal?.aborted) return operation;
        await delay(Math.min(LOOK_EVERY_MS, left));
      }
    },
  };
}
