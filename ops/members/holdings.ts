import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { type Holdings, holdingsOf, itemsOf, type StoredItem } from 'rollcall/internal/stage/holdings';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { guardKey } from '../../functions/registration/store.ts';
import { optOutKey } from '../../functions/sms/opt-outs.ts';

/**
 * The message group of the commands to the points service about a member. The key of the counter that numbers these
 * commands contains this group.
 */
const commandsOf = (id: string) => `points-commands/${id}`;

async function itemAt({ dynamodb, table }: StageClient, pk: string): Promise<StoredItem[]> {
  const { Item } = await dynamodb.send(
    new GetCommand({ TableName: table('members'), Key: { pk }, ConsistentRead: true }),
  );
  return Item ? [Item] : [];
}

/** Reads the items that the registration service stores about a member. */
async function registrationItems(stage: StageClient, id: string): Promise<StoredItem[]> {
  const operations = await itemsOf(stage, 'members', {
    IndexName: 'of-member',
    KeyConditionExpression: 'memberId = :id',
    ExpressionAttributeValues: { ':id': id },
  });
  const keys = [`member#${id}`, `onboarding#${id}`, `erasure#${id}`, `commands#${commandsOf(id)}`];
  const keyed = await Promise.all(keys.map((pk) => itemAt(stage, pk)));
  const indexed = await Promise.all(operations.map(({ pk }) => itemAt(stage, String(pk))));
  return [...keyed.flat(), ...(await guardOf(stage, id, keyed.flat())), ...indexed.flat()];
}

/**
 * Reads the item that reserves an active member's phone. Ignores an item that reserves the phone for another member.
 */
async function guardOf(stage: StageClient, id: string, items: readonly StoredItem[]): Promise<StoredItem[]> {
  const pseudonym = items.find(({ phonePseudonym }) => phonePseudonym)?.phonePseudonym;
  if (typeof pseudonym !== 'string') return [];
  return (await itemAt(stage, guardKey(pseudonym).pk)).filter(({ holder }) => holder === id);
}

/**
 * Reads the opt-out of a contact's phone. An opt-out is stored by phone, and applies to every member with this phone.
 */
export async function optOutOf(stage: StageClient, contact: StoredItem | undefined): Promise<StoredItem[]> {
  if (typeof contact?.phonePseudonym !== 'string') return [];
  const Key = optOutKey(contact.phonePseudonym);
  const { Item } = await stage.dynamodb.send(new GetCommand({ TableName: stage.table('sms-limits'), Key }));
  return Item ? [Item] : [];
}

/** Reads all stored items about one member, by service. */
export async function memberHoldings(stage: StageClient, id: string): Promise<Holdings> {
  const [registration, stored] = await Promise.all([
    registrationItems(stage, id),
    holdingsOf(stage, id, [id, commandsOf(id)]),
  ]);
  const withOptOuts = Object.entries(stored).map(async ([name, items]) => {
    const contact = items.find(({ phonePseudonym, sk }) => phonePseudonym && sk !== undefined);
    return [name, [...items, ...(await optOutOf(stage, contact))]] as const;
  });
  return {
    ...(registration.length > 0 && { registration }),
    ...Object.fromEntries(await Promise.all(withOptOuts)),
  };
}
