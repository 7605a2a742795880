import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

/** One instance of a service, as it registered itself. */
export interface Instance {
  id: string;
  /** URL. */
  address: string;
  /** One with twice the weight gets twice the calls. */
  weight: number;
  metadata: Readonly<Record<string, string>>;
}

export type LiveInstance = Instance & {
  /** Epoch milliseconds; without a renewal it is gone then. */
  leaseUntil: number;
};

export interface RegistryOptions {
  client: DynamoDBDocumentClient;
  /** `pk` = service, `sk` = instance. */
  tableName: string;
  now: () => Date;
}

export type Registry = ReturnType<typeof createRegistry>;

/** TTL only tidies up: DynamoDB may be days late. */
const TIDIED_UP_AFTER_SECONDS = 3600;

/**
 * The instances of services, each by its name, for as long as they renew their leases.
 * @beta
 */
export function createRegistry({ client, tableName: TableName, now }: RegistryOptions) {
  const leaseFrom = (leaseMs: number) => {
    const leaseUntil = now().getTime() + leaseMs;
    return { leaseUntil, expiresAt: Math.ceil(leaseUntil / 1000) + TIDIED_UP_AFTER_SECONDS };
  };
  return {
    /** Registers an instance, or changes it. */
    async register(service: string, { id, address, weight, metadata }: Instance, leaseMs: number): Promise<void> {
      const Item = { pk: service, sk: id, address, weight, metadata, ...leaseFrom(leaseMs) };
      await client.send(new PutCommand({ TableName, Item }));
    },

    /** @returns false if the instance is not registered: it must register again */
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

    /** The instances of a service whose leases hold. */
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
