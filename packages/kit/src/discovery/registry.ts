import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

/** An instance of a service, as registered. */
export interface Instance {
  id: string;
  /** The URL at which callers reach the instance. */
  address: string;
  /** Relative share of calls. An instance with twice the weight gets twice as many calls. */
  weight: number;
  metadata: Readonly<Record<string, string>>;
}

export type LiveInstance = Instance & {
  /** Epoch milliseconds. `find` does not return the instance after this time, unless the instance renews its lease. */
  leaseUntil: number;
};

export interface RegistryOptions {
  client: DynamoDBDocumentClient;
  /** Table name. Key: `pk` = service, `sk` = instance. */
  tableName: string;
  now: () => Date;
}

export type Registry = ReturnType<typeof createRegistry>;

/**
 * Time from the end of a lease until DynamoDB may delete the item. Reads check the lease, because DynamoDB may delete
 * items days late.
 */
const EXPIRES_AFTER_SECONDS = 3600;

/**
 * Creates a registry of service instances. A registration has a lease, which expires unless the instance renews it.
 * `find` returns only instances whose leases have not expired.
 * @beta
 */
export function createRegistry({ client, tableName: TableName, now }: RegistryOptions) {
  const leaseFrom = (leaseMs: number) => {
    const leaseUntil = now().getTime() + leaseMs;
    return { leaseUntil, expiresAt: Math.ceil(leaseUntil / 1000) + EXPIRES_AFTER_SECONDS };
  };
  return {
    /** Registers an instance, or updates its registration. */
    async register(service: string, { id, address, weight, metadata }: Instance, leaseMs: number): Promise<void> {
      const Item = { pk: service, sk: id, address, weight, metadata, ...leaseFrom(leaseMs) };
      await client.send(new PutCommand({ TableName, Item }));
    },

    /** @returns false if the instance is not registered and must register again */
    async renew(service: string, id: string, leaseMs: number): Promise<boolean> {
      const { leaseUntil, expiresAt } = leaseFrom(leaseMs);
      try {
        await client.send(
          new UpdateCommand({
            TableName,
            Key: { pk: service, sk: id },
            UpdateExpression: 'SET leaseUntil = :until, expiresAt = :expires',
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeValues: { ':until': leaseUntil, ':expires': expiresAt },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },

    async deregister(service: string, id: string): Promise<void> {
      await client.send(new DeleteCommand({ TableName, Key: { pk: service, sk: id } }));
    },

    /** The instances of a service whose leases have not expired. */
    async find(service: string): Promise<LiveInstance[]> {
      const found: LiveInstance[] = [];
      const pages = paginateQuery(
        { client },
        { TableName, KeyConditionExpression: 'pk = :service', ExpressionAttributeValues: { ':service': service } },
      );
      for await (const { Items = [] } of pages) {
        for (const { sk, address, weight, metadata, leaseUntil } of Items) {
          if (leaseUntil > now().getTime()) found.push({ id: sk, address, weight, metadata, leaseUntil });
        }
      }
      return found;
    },
  };
}
