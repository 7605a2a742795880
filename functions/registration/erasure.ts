import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { pathOf } from '@rollcall/kit/http';
import type { Effect, TransactItem } from '@rollcall/kit/messaging';
import type * as z from 'zod';
import type { ErasureResource } from '../../shared/contracts/erasure.ts';
import type { memberDataErased } from '../../shared/contracts/member-data-erased.v1.ts';
import { routes } from '../../shared/contracts/routes.ts';

type Confirmation = Omit<z.output<typeof memberDataErased.data>, 'memberId'>;

/** The state of the erasure of a member's data. The state contains no personal data, so it is kept. */
export interface Erasure {
  requestedAt: string;
  /** The services that were subscribed when the erasure was requested. */
  services: string[];
  confirmed: Record<string, Confirmation>;
}

/** Prefix of the attributes that store confirmations. The name of a service follows the prefix. */
const CONFIRMED = 'confirmed#';

const erasureKey = (memberId: string) => ({ pk: `erasure#${memberId}` });

export const erasurePut = (
  membersTable: string,
  memberId: string,
  { requestedAt, services }: Omit<Erasure, 'confirmed'>,
): TransactItem => ({
  Put: { TableName: membersTable, Item: { ...erasureKey(memberId), requestedAt, services } },
});

/** Stores the first confirmation of a service and ignores later confirmations. */
export const confirmationOnce = (
  tableName: string,
  memberId: string,
  service: string,
  confirmation: Confirmation,
): NonNullable<Effect['setOnce']> => ({
  tableName,
  key: erasureKey(memberId),
  attributes: { [`${CONFIRMED}${service}`]: confirmation },
});

export async function readErasure(
  client: DynamoDBDocumentClient,
  membersTable: string,
  memberId: string,
): Promise<Erasure | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: membersTable, Key: erasureKey(memberId), ConsistentRead: true }),
  );
  if (!Item) return undefined;
  const { requestedAt, services, ...others } = Item as Omit<Erasure, 'confirmed'>;
  const confirmed = Object.entries(others)
    .filter(([name]) => name.startsWith(CONFIRMED))
    .map(([name, confirmation]) => [name.slice(CONFIRMED.length), confirmation as Confirmation]);
  return { requestedAt, services, confirmed: Object.fromEntries(confirmed) };
}

export function erasureOf(memberId: string, { requestedAt, services, confirmed }: Erasure): ErasureResource {
  return {
    memberId,
    requestedAt,
    state: services.every((service) => confirmed[service]) ? 'done' : 'pending',
    services: services.map((service) => ({ service, ...confirmed[service] })),
    _links: { self: { href: pathOf(routes.readErasure, { id: memberId }) } },
  };
}
