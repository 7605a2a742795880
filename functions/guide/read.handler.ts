import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { createDynamoDB, jsonOf, readEnvironment, text } from '@rollcall/kit/aws';
import { tokenScopes } from '@rollcall/kit/contracts';
import { endpoint, json, notFound, pathOf } from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import { createSwitches } from '@rollcall/kit/resilience';
import * as z from 'zod';
import type { capabilities } from '../../shared/config/capabilities.ts';
import type { GuideJourneyResource } from '../../shared/contracts/guide-journey.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { createMemberAccess } from '../../shared/member-access.ts';
import { journeys } from './journey.ts';
import { JOURNEY } from './journey-key.ts';

const { TABLE, SWITCHES_TABLE, SCOPES } = readEnvironment(
  z.object({ TABLE: text, SWITCHES_TABLE: text, SCOPES: jsonOf(tokenScopes) }),
);
const { readable } = createMemberAccess(SCOPES);
const client = createDynamoDB();
const { logger } = createObservability('guide');
const switches = createSwitches<typeof capabilities>({
  client,
  tableName: SWITCHES_TABLE,
  now: () => new Date(),
  logger,
});

export const read = endpoint(logger, async (event) => {
  const id = readable(event);
  const [{ Item }, mode] = await Promise.all([
    client.send(new GetCommand({ TableName: TABLE, Key: { pk: id, sk: JOURNEY } })),
    switches.mode('guide'),
  ]);
  if (Item?.startedAt === undefined) throw notFound(`guide of member ${id}`);
  const locale = mode === 'english-only' ? 'en' : (Item.journeyLocale as keyof typeof journeys);
  return json(200, {
    memberId: id,
    locale,
    addressee: Item.addressee as string,
    startedAt: Item.startedAt as string,
    ...journeys[locale],
    _links: { self: { href: pathOf(routes.readGuide, { id }) }, member: { href: pathOf(routes.readMember, { id }) } },
  } satisfies GuideJourneyResource);
});
