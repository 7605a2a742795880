import { paginateScan } from '@aws-sdk/lib-dynamodb';
import type { ParkingAnswer, ParkingRequest } from '@rollcall/kit/internal/messaging/operator-request';
import { type OutboxRow, readRow } from '@rollcall/kit/internal/messaging/outbox';
import type { OutboxSweepReport, PublishRequest } from '@rollcall/kit/internal/messaging/relay-functions';
import { cached } from '../cached.ts';
import { clientsOf, type StageOptions } from './clients.ts';
import { consumersOf } from './consumers.ts';
import { outboxesIn } from './outboxes.ts';
import { parkedBy, parkedOf } from './parked.ts';
import { queuesOf } from './queues.ts';
import { resourcesOf } from './resources.ts';
import { combineReports, invoke } from './sweeps.ts';
import { templatesOf } from './templates.ts';
import { topologyIn } from './topology.ts';

export type StageClient = ReturnType<typeof openStage>;

/** A client of a stage for operators. It reads tables and queues directly, and changes messages through the sweeps. */
export function openStage(options: StageOptions) {
  const clients = clientsOf(options);
  const { dynamodb, table } = clients;
  const prefix = table('');
  const templates = cached(() => templatesOf(clients));
  const resources = cached(async () => resourcesOf(await templates()));
  const consumers = async () => consumersOf(topologyIn(await resources(), prefix));
  const outboxes = async () => outboxesIn(await resources(), prefix);

  return {
    ...clients,
    /** The deployed templates, cached. @throws {OperatorError} if there are none */
    templates,
    resources,
    /** The consumers that use the kit. */
    consumers,
    outboxes,

    /** Names of the consumers that use the kit: subscribers, and consumers of commands or replies. */
    subscribers: async (): Promise<string[]> => (await consumers()).map(({ name }) => name).sort(),

    queues: () => queuesOf(clients),
    parked: (subscriber: string) => parkedBy(clients, subscriber),
    parkedOf: (subscriber: string, aggregateId: string) => parkedOf(clients, subscriber, aggregateId),

    /** Committed and unpublished messages of every outbox, page by page. */
    async *outbox(): AsyncIterable<OutboxRow[]> {
      for (const { name } of await outboxes()) {
        const pages = paginateScan({ client: dynamodb }, { TableName: table(name), ConsistentRead: true });
        for await (const { Items = [] } of pages) yield Items.map(readRow);
      }
    },

    sendParkingRequest: (subscriber: string, request: ParkingRequest) =>
      invoke<ParkingRequest, ParkingAnswer>(clients, `${subscriber}-sweep`, request),

    /** Runs a consumer's sweep, as the timer does every minute. */
    sweep: (subscriber: string) => invoke<object, null>(clients, `${subscriber}-sweep`, {}),

    /** Publishes pending messages. @param aggregateIds only messages about these aggregates; undefined: all messages */
    async publish(aggregateIds: string[] | undefined): Promise<OutboxSweepReport> {
      const request = aggregateIds ? { publish: aggregateIds } : {};
      const reports = (await outboxes()).map(({ sweep }) =>
        invoke<PublishRequest | object, OutboxSweepReport>(clients, sweep, request),
      );
      return combineReports(await Promise.all(reports));
    },
  };
}
