import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import type { ErasureResource } from '../../shared/contracts/erasure.ts';
import type { memberDataErased } from '../../shared/contracts/member-data-erased.v1.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { pathOf } from '../../shared/http/routing.ts';
import type { TransactItem } from '../../shared/messaging/outbox.ts';

type Confirmation = Omit<z.output<typeof memberDataErased.data>, 'memberId'>;

/** What has become of the data of a member who left. It names nobody, so it stays. */
export interface Erasure {
  requestedAt: string;
  /** Every service that had subscribed by then. */
  services: string[];
  confirmed: Record<string, Confirmation>;
}

const erasureKey = (memberId: string) => ({ pk: `erasure#${memberId}` });

export const erasurePut = (
  membersTable: string,
  memberId: string,
  { requestedAt, services }: Omit<Erasure, 'confirmed'>,
): TransactItem => ({
  Put: { TableName: membersTable, Item: { ...erasureKey(memberId), requestedAt, services, confirmed: {} } },
});

/** Keeps a service's confirmation. */
export const confirmationWrite = (
  membersTable: string,
  memberId: string,
  service: string,
  confirmation: Confirmation,
): TransactItem => ({
  Update: {
    TableName: membersTable,
    Key: erasureKey(memberId),
    UpdateExpression: 'SET confirmed.#service = :confirmation',
    ExpressionAttributeNames: { '#service': service },
    ExpressionAttributeValues: { ':confirmation': confirmation },
  },
});

export async function readErasure(
  client: DynamoDBDocumentClient,
  membersTable: string,
  memberId: string,
): Promise<Erasure | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: membersTable, Key: erasureKey(memberId), ConsistentRead: true }),
  );
  return Item as Erasure | undefined;
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
