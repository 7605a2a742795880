import { type DynamoDBDocumentClient, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { itemOfFailedCondition } from '../aws/transact.ts';
import type { Logger } from '../observability/logger.ts';
import { lastKnown } from './last-known.ts';

/** The modes of each capability except `on`, by the name of the capability. */
export type Modes = Readonly<Record<string, readonly string[]>>;

/** The state of a capability's switch, with the operator who set it, the reason and the end. */
export interface Switch {
  mode: string;
  by: string;
  why: string;
  /** ISO 8601 in UTC. */
  at: string;
  /** When the capability returns to `on`; undefined if only an operator can switch it back. */
  until?: string;
}

export type SwitchChange = Switch & { capability: string };

export interface SwitchesOptions {
  client: DynamoDBDocumentClient;
  /** `pk` = `switch` or `history`; `sk` = capability, or time and id. */
  tableName: string;
  now: () => Date;
  /**
   * Logs failed reads of the table. The last known switches then stay in use. Until the first read succeeds,
   * everything is on.
   */
  logger: Pick<Logger, 'warn'>;
}

/** A change reaches every instance within five seconds: this age, and one second for the read itself. */
const MAX_AGE_MS = 4_000;

/**
 * Creates a reader of the switches that functions check. Reads are cached for a few seconds.
 * @beta
 */
export function createSwitches<M extends Modes>({ client, tableName, now, logger }: SwitchesOptions) {
  const currentSwitches = lastKnown<ReadonlyMap<string, Switch>>({
    read: () => readSwitches(client, tableName),
    maxAgeMs: MAX_AGE_MS,
    now,
    initial: new Map(),
    onFailure: (error) => logger.warn('switches cannot be read: the last known switches stay in use', { error }),
  });
  return {
    async mode<C extends keyof M & string>(capability: C): Promise<'on' | M[C][number]> {
      return modeOf((await currentSwitches()).get(capability), now());
    },
  };
}

export const modeOf = (switched: Switch | undefined, now: Date): string =>
  !switched || (switched.until !== undefined && Date.parse(switched.until) <= now.getTime()) ? 'on' : switched.mode;

export async function readSwitches(client: DynamoDBDocumentClient, TableName: string): Promise<Map<string, Switch>> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :switch',
      ExpressionAttributeValues: { ':switch': 'switch' },
    }),
  );
  return new Map(Items.map(({ sk, pk: _, ...switched }) => [sk, switched as Switch]));
}

/**
 * Changes switches in one transaction and records the changes.
 * @param ids a unique id per change
 * @param onlyIfOn whether to change nothing if another operator has set one of the switches to a mode other than `on`,
 * and this mode has not expired
 * @returns whether the switches were changed
 * @beta
 */
export async function changeSwitches(
  client: DynamoDBDocumentClient,
  TableName: string,
  changes: readonly SwitchChange[],
  ids: readonly string[],
  onlyIfOn = false,
): Promise<boolean> {
  const onOrSetBySameOperator = {
    ConditionExpression: 'attribute_not_exists(pk) OR #mode = :on OR #until < :at OR #by = :by',
    ExpressionAttributeNames: { '#mode': 'mode', '#until': 'until', '#by': 'by' },
  };
  try {
    await client.send(
      new TransactWriteCommand({
        TransactItems: changes.flatMap(({ capability, ...switched }, index) => [
          {
            Put: {
              TableName,
              Item: { pk: 'switch', sk: capability, ...switched },
              ...(onlyIfOn && {
                ...onOrSetBySameOperator,
                ExpressionAttributeValues: { ':on': 'on', ':at': switched.at, ':by': switched.by },
              }),
            },
          },
          { Put: { TableName, Item: { pk: 'history', sk: `${switched.at}#${ids[index]}`, capability, ...switched } } },
        ]),
      }),
    );
    return true;
  } catch (error) {
    const refused = changes.some((_, index) => itemOfFailedCondition(error, 2 * index));
    if (refused) return false;
    throw error;
  }
}
