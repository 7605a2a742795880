import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { busy, notFound, Problem } from '@rollcall/kit/http';
import { type CommandContext, createProcessClient } from '@rollcall/kit/messaging';
import { v5 as idFromName } from 'uuid';
import type { Redemption } from '../../shared/contracts/operation.ts';
import type { Audit, Cause } from './audit.ts';
import { type Operation, operationOf } from './operation.ts';
import { activeMemberCheck, operationStorage } from './operations-store.ts';
import { redemptionProcess } from './redemption.process.ts';

export interface RedemptionsOptions {
  client: DynamoDBDocumentClient;
  MEMBERS_TABLE: string;
  OUTBOX_TABLE: string;
  audit: Audit;
  now: () => Date;
  newId: () => string;
}

const POLL_INTERVAL_MS = 100;
/** UUID namespace for operations that are identified by a client's key. */
const OPERATIONS = '5d0d7a4e-6f0a-5c39-9b0d-6a1f3d2c8e11';

/** Creates the use cases of redeeming points, independent of the protocol. */
export function createRedemptions(options: RedemptionsOptions) {
  const { MEMBERS_TABLE, audit, now, newId } = options;
  const { create, current } = createProcessClient(redemptionProcess, operationStorage(options));

  /** @param mayRead whether the caller may read operations of a member */
  async function find(id: string, mayRead: (memberId: string) => boolean = () => true) {
    const process = await current(id);
    if (process && mayRead(process.data.memberId)) return process;
    throw notFound('operation with this ID');
  }

  async function findRepeated(id: string, { points, expiresIn }: Redemption): Promise<Operation> {
    const process = await find(id);
    if (process.data.points === points && process.data.expiresIn === expiresIn) return operationOf(process);
    throw new Problem('idempotency-key-reused', 'This Idempotency-Key was already used for another request.');
  }

  const read = async (...parameters: Parameters<typeof find>): Promise<Operation> =>
    operationOf(await find(...parameters));

  return {
    read,

    /** Idempotent by key: the same key with the same request gets the same operation. */
    async redeem(
      memberId: string,
      redemption: Redemption,
      idempotencyKey: string | undefined,
      cause: Cause,
    ): Promise<Operation> {
      const operationId = idempotencyKey ? idFromName(`${memberId} ${idempotencyKey}`, OPERATIONS) : newId();
      const context: CommandContext = { ...cause, now: now(), newId };
      const deadline = new Date(context.now.getTime() + redemption.expiresIn * 1000).toISOString();
      const data = { ...redemption, operationId, memberId, deadline };
      const started = await create(operationId, data, context, { member: activeMemberCheck(MEMBERS_TABLE, memberId) });
      if (started.result === 'refused') throw notFound(`member ${memberId}`);
      if (started.result === 'taken') return findRepeated(operationId, redemption);
      if (started.result === 'busy') throw busy('Other requests are redeeming points of this member. Try again.');
      audit({ action: 'redeem', member: memberId, operation: operationId }, cause);
      return operationOf(started.state);
    },

    /** Polls until the operation is no longer pending, the time has elapsed, or `signal` is aborted. */
    async watch(id: string, seconds: number, signal?: AbortSignal): Promise<Operation> {
      const end = now().getTime() + seconds * 1000;
      for (;;) {
        const operation = await read(id);
        const remainingMs = end - now().getTime();
        if (operation.outcome.state !== 'pending' || remainingMs <= 0 || signal?.aborted) return operation;
        await delay(Math.min(POLL_INTERVAL_MS, remainingMs));
      }
    },
  };
}
