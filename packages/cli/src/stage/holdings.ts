import { GetCommand, paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { guardKey } from '../../../../functions/registration/store.ts';
import { optOutKey } from '../../../../functions/sms/opt-outs.ts';
import { shownEvent } from './shown-event.ts';
import type { Stage } from './stage.ts';

export type Item = Record<string, unknown>;

/** What the commands to a member's points are counted under. */
const commandsOf = (id: string) => `points-commands/${id}`;

async function itemsOf({ dynamodb, table }: Stage, name: string, query: Partial<QueryCommandInput>): Promise<Item[]> {
  const items: Item[] = [];
  const pages = paginateQuery({ client: dynamodb }, { TableName: table(name), ...query });
  for await (const page of pages) items.push(...(page.Items ?? []));
  return items;
}

/** What a table holds under a key that names the member. */
export const itemsAt = (stage: Stage, name: string, key: string, value: string) =>
  itemsOf(stage, name, {
    ConsistentRead: true,
    KeyConditionExpression: '#key = :value',
    ExpressionAttributeNames: { '#key': key },
    ExpressionAttributeValues: { ':value': value },
  });

async function itemAt({ dynamodb, table }: Stage, pk: string): Promise<Item[]> {
  const { Item } = await dynamodb.send(
    new GetCommand({ TableName: table('members'), Key: { pk }, ConsistentRead: true }),
  );
  return Item ? [Item] : [];
}

/** What the registration service holds of a member. */
async function registrationItems(stage: Stage, id: string): Promise<Item[]> {
  const operations = await itemsOf(stage, 'members', {
    IndexName: 'of-member',
    KeyConditionExpression: 'memberId = :id',
    ExpressionAttributeValues: { ':id': id },
  });
  const keys = [`member#${id}`, `onboarding#${id}`, `erasure#${id}`, `commands#${commandsOf(id)}`];
  const own = await Promise.all(keys.map((pk) => itemAt(stage, pk)));
  const indexed = await Promise.all(operations.map(({ pk }) => itemAt(stage, String(pk))));
  return [...own.flat(), ...(await guardOf(stage, id, own.flat())), ...indexed.flat()];
}

/** The item that holds the phone of an active member. A moment later it may hold it for another. */
async function guardOf(stage: Stage, id: string, items: readonly Item[]): Promise<Item[]> {
  const pseudonym = items.find(({ phonePseudonym }) => phonePseudonym)?.phonePseudonym;
  if (typeof pseudonym !== 'string') return [];
  return (await itemAt(stage, guardKey(pseudonym).pk)).filter(({ holder }) => holder === id);
}

/** What is parked where messages are known by their own ids, and says that it is about the member. */
async function parkedAbout(stage: Stage, subscriber: string, id: string): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of stage.parked(subscriber)) {
    found.push(
      ...page
        .filter(({ body }) => JSON.stringify(shownEvent(body) ?? body).includes(id))
        .map((parked) => ({ ...parked })),
    );
  }
  return found;
}

/** That the phone of a contact has opted out of texts: it is kept by the phone, and so for whoever registers with it. */
export async function optOutOf(stage: Stage, contact: Item | undefined): Promise<Item[]> {
  if (typeof contact?.phonePseudonym !== 'string') return [];
  const Key = optOutKey(contact.phonePseudonym);
  const { Item } = await stage.dynamodb.send(new GetCommand({ TableName: stage.table('sms-limits'), Key }));
  return Item ? [Item] : [];
}

/** All that the services of a stage hold of one member, by service: as it is stored. */
export async function holdingsOf(stage: Stage, id: string): Promise<Record<string, Item[]>> {
  const subscribers = await stage.subscribers();
  const holdings: Array<Promise<[string, Item[]]>> = [
    registrationItems(stage, id).then((items) => ['registration', items]),
    Promise.all([id, commandsOf(id)].map((key) => itemsAt(stage, 'outbox', 'aggregateId', key))).then((items) => [
      'outbox',
      items.flat(),
    ]),
    ...subscribers.map(async (name): Promise<[string, Item[]]> => {
      const [own, parked] = await Promise.all([itemsAt(stage, name, 'pk', id), parkedAbout(stage, name, id)]);
      const optOut = await optOutOf(
        stage,
        own.find(({ phonePseudonym }) => phonePseudonym),
      );
      return [name, [...own, ...optOut, ...parked.filter(({ aggregateId }) => aggregateId !== id)]];
    }),
  ];
  return Object.fromEntries((await Promise.all(holdings)).filter(([, items]) => items.length > 0));
}
