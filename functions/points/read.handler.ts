import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { createDynamoDB, jsonOf, readEnvironment, text } from '@rollcall/kit/aws';
import { tokenScopes } from '@rollcall/kit/contracts';
import { endpoint, json, notFound, Problem, pathOf } from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import { createRemoteService, type Try } from '@rollcall/kit/resilience';
import * as z from 'zod';
import type { PointsAccountResource } from '../../shared/contracts/points-account.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { createMemberAccess } from '../../shared/member-access.ts';
import { ACCOUNT, LEDGER_RANGE, ledgerOf } from './ledger.ts';

const { TABLE, SCOPES } = readEnvironment(z.object({ TABLE: text, SCOPES: jsonOf(tokenScopes) }));
const { readable } = createMemberAccess(SCOPES);
const client = createDynamoDB();
const { logger } = createObservability('points');

/** Timeout of a read of the service's own table. */
const TIMEOUT_MS = 2_000;
const MAX_REMEMBERED = 1_000;

type Account = Omit<PointsAccountResource, 'asOf'>;

/** Up to `MAX_REMEMBERED` accounts that this instance has read, the most recently read last. */
const lastAccounts = new Map<string, { account: Account; at: Date }>();

function remember(id: string, account: Account): void {
  lastAccounts.delete(id);
  lastAccounts.set(id, { account, at: new Date() });
  const [oldest] = lastAccounts.keys();
  if (lastAccounts.size > MAX_REMEMBERED && oldest) lastAccounts.delete(oldest);
}

async function readAccount(id: string, { signal }: Try): Promise<PointsAccountResource> {
  const items: Record<string, unknown>[] = [];
  const query = {
    TableName: TABLE,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: { ':pk': id, ':first': LEDGER_RANGE.first, ':last': LEDGER_RANGE.last },
  };
  for await (const page of paginateQuery({ client }, query, { abortSignal: signal })) items.push(...(page.Items ?? []));

  const found = items.find(({ sk }) => sk === ACCOUNT);
  if (found?.accountState === undefined) throw notFound(`points account of member ${id}`);
  const account: Account = {
    memberId: id,
    state: found.accountState as PointsAccountResource['state'],
    balance: (found.balance ?? 0) as number,
    entries: ledgerOf(items).map(({ points, reason, at }) => ({ points, reason, at })),
    _links: {
      self: { href: pathOf(routes.readPoints, { id }) },
      member: { href: pathOf(routes.readMember, { id }) },
    },
  };
  remember(id, account);
  return account;
}

/**
 * Returns the account as this instance last read it, marked with `asOf`, if the table cannot be read.
 * @throws {Error} the cause, if it is a `Problem`, such as 404, or if `lastAccounts` does not contain the account
 */
async function lastKnownAccount(id: string, cause: Error): Promise<PointsAccountResource> {
  const last = lastAccounts.get(id);
  if (cause instanceof Problem || !last) throw cause;
  logger.warn('the account cannot be read; returning its last known state', { error: cause });
  return { ...last.account, asOf: last.at.toISOString() };
}

const account = createRemoteService<string, PointsAccountResource>({
  name: 'the points table',
  call: readAccount,
  timeoutMs: TIMEOUT_MS,
  fallback: lastKnownAccount,
});

export const read = endpoint(logger, async (event) => {
  const resource = await account(readable(event));
  const age = resource.asOf && Math.round((Date.now() - Date.parse(resource.asOf)) / 1000);
  return json(200, resource, age === undefined ? {} : { age: String(age) });
});
