import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { createDynamoDB } from '../../shared/aws/clients.ts';
import { readEnvironment, text } from '../../shared/config/environment.ts';
import type { GuideJourneyResource } from '../../shared/contracts/guide-journey.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { endpoint, json, memberId } from '../../shared/http/endpoint.ts';
import { notFound } from '../../shared/http/problems.ts';
import { pathOf } from '../../shared/http/routing.ts';
import { createObservability } from '../../shared/observability/observability.ts';
import { JOURNEY, journeys } from './journey.ts';

const { TABLE } = readEnvironment(z.object({ TABLE: text }));
const client = createDynamoDB();

export const read = endpoint(createObservability('guide').logger, async (event) => {
  const id = memberId(event);
  const { Item } = await client.send(new GetCommand({ TableName: TABLE, Key: { pk: id, sk: JOURNEY } }));
  if (Item?.startedAt === undefined) throw notFound(`guide of member ${id}`);
  const locale = Item.journeyLocale as keyof typeof journeys;
  return json(200, {
    memberId: id,
    locale,
    addressee: Item.addressee as string,
    startedAt: Item.startedAt as string,
    ...journeys[locale],
    _links: { self: { href: pathOf(routes.readGuide, { id }) }, member: { href: pathOf(routes.readMember, { id }) } },
  } satisfies GuideJourneyResource);
});
