import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { createDynamoDB } from '../../shared/aws/clients.ts';
import { readEnvironment, text } from '../../shared/config/environment.ts';
import type { PointsAccountResource } from '../../shared/contracts/points-account.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { endpoint, json, memberId } from '../../shared/http/endpoint.ts';
import { notFound } from '../../shared/http/problems.ts';
import { pathOf } from '../../shared/http/routing.ts';
import { createObservability } from '../../shared/observability/observability.ts';
import { ACCOUNT, LEDGER_PREFIX } from './account.ts';

const { TABLE } = readEnvironment(z.object({ TABLE: text }));
const client = createDynamoDB();

export const read = endpoint(createObservability('points').logger, async (event) => {
  const id = memberId(event);
  const items: Record<string, unknown>[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :account AND :ledger',
      ExpressionAttributeValues: { ':pk': id, ':account': ACCOUNT, ':ledger': `${LEDGER_PREFIX}~` },
    },
  );
  for await (const page of pages) items.push(...(page.Items ?? []));

  const account = items.find(({ sk }) => sk === ACCOUNT);
  if (account?.accountState === undefined) throw notFound(`points account of member ${id}`);
  return json(200, {
    memberId: id,
    state: account.accountState as PointsAccountResource['state'],
    balance: (account.balance ?? 0) as number,
    entries: items
      .filter(({ sk }) => String(sk).startsWith(LEDGER_PREFIX))
      .map(({ points, reason, at }) => ({ points, reason, at })) as PointsAccountResource['entries'],
    _links: {
      self: { href: pathOf(routes.readPoints, { id }) },
      member: { href: pathOf(routes.readMember, { id }) },
    },
  } satisfies PointsAccountResource);
});
