import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type CommandContext,
  createLater,
  createPublisher,
  PermanentError,
  TransientError,
} from '@rollcall/kit/messaging';
import { dispatchEvents } from '../../shared/dispatch-channels.ts';
import type { Trip } from '../../shared/place.ts';
import * as decisions from './dispatch.ts';
import { createDrivers } from './drivers.ts';
import { createSearch } from './search.ts';

export interface DispatcherOptions {
  client: DynamoDBDocumentClient;
  DISPATCH_TABLE: string;
  OUTBOX_TABLE: string;
  LATER_TABLE: string;
  DRIVERS_TABLE: string;
  /** How long an offer is valid. */
  OFFER_SECONDS: number;
}

export type Dispatcher = ReturnType<typeof createDispatcher>;

/** Finds drivers for trips. Its methods are idempotent. */
export function createDispatcher({
  client,
  DISPATCH_TABLE: table,
  OUTBOX_TABLE: outboxTable,
  ...options
}: DispatcherOptions) {
  const dispatches = createPublisher<decisions.Dispatch, typeof dispatchEvents>(dispatchEvents, {
    ...{ client, table, outboxTable, later: createLater({ client, laterTable: options.LATER_TABLE }) },
  });
  const drivers = createDrivers({ client, tableName: options.DRIVERS_TABLE });
  const search = createSearch({ drivers, OFFER_SECONDS: options.OFFER_SECONDS });

  function throwIfBusy<Changed extends { result: string }>(tripId: string, changed: Changed): Changed {
    if (changed.result === 'busy')
      throw new TransientError(`other requests are changing the dispatch of trip ${tripId}`);
    return changed;
  }

  const change = async (tripId: string, decide: Parameters<typeof dispatches.change>[1], context: CommandContext) =>
    throwIfBusy(tripId, await dispatches.change(tripId, decide, context));

  async function decline(tripId: string, driverId: string, context: CommandContext): Promise<void> {
    const decide = async (before: decisions.Dispatch) => {
      const next = decisions.hasLastOffer(before, driverId) ? await search.next(before, context.now) : undefined;
      return decisions.decline(before, driverId, next);
    };
    await change(tripId, decide, context);
  }

  return {
    decline,

    async begin(trip: Trip, context: CommandContext): Promise<void> {
      const decision = decisions.begin(trip, await search.first(trip, context.now));
      throwIfBusy(trip.tripId, await dispatches.create(trip.tripId, decision, context));
    },

    /** Assigns a trip to a driver in one transaction. If the driver has another trip, the offer counts as declined. */
    async accept(tripId: string, driverId: string, context: CommandContext): Promise<void> {
      const accepted = await dispatches.change(
        tripId,
        (before) => {
          const decision = decisions.accept(before, driverId);
          return decision && { ...decision, beside: { driver: drivers.assign(driverId, tripId) } };
        },
        context,
      );
      if (throwIfBusy(tripId, accepted).result === 'refused') await decline(tripId, driverId, context);
    },

    async complete(tripId: string, driverId: string, context: CommandContext): Promise<void> {
      const done = await dispatches.change(
        tripId,
        (before) => {
          const decision = decisions.complete(before, driverId);
          return decision && { ...decision, beside: { driver: drivers.unassign(driverId, tripId) } };
        },
        context,
      );
      // Only a defect can have changed the driver's trip meanwhile, so an operator must decide.
      if (throwIfBusy(tripId, done).result === 'refused')
        throw new PermanentError(`driver ${driverId} completed trip ${tripId}, but is not assigned to it`);
    },

    /** Starts the next round if the offers of this round are still open. */
    async expire(tripId: string, round: number, context: CommandContext): Promise<void> {
      const decide = async (before: decisions.Dispatch) =>
        decisions.expire(before, round, await search.next(before, context.now));
      await change(tripId, decide, context);
    },
  };
}
