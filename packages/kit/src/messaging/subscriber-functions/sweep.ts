import { SpanKind } from '@opentelemetry/api';
import type { Context } from 'aws-lambda';
import type { Observability } from '../../observability/observability.ts';
import { traced } from '../../observability/spans.ts';
import type { createDeadLetters } from '../dead-letters.ts';
import { isPermanent, MissingDataError } from '../errors.ts';
import { type ParkingAnswer, type ParkingRequest, parkingRequestOf } from '../operator-request.ts';
import { hasTime } from '../remaining-time.ts';
import type { Subscriber } from '../subscriber.ts';

export interface SweepOptions extends Pick<Observability, 'logger' | 'count'> {
  /** Name of the consumer. */
  name: string;
  subscriber: Pick<Subscriber, 'sweep' | 'redrive' | 'discard' | 'show'>;
  parkDeadLetters: ReturnType<typeof createDeadLetters>;
  capability: string | undefined;
  mode: () => Promise<string>;
}

export type Sweep = (event: ParkingRequest | object, context: Context) => Promise<ParkingAnswer | undefined>;

/** Creates the function that parks dead letters and retries parked messages, or carries out an operator's request. */
export function createSweepFunction({
  name,
  subscriber,
  parkDeadLetters,
  capability,
  mode,
  logger,
  count,
}: SweepOptions): Sweep {
  async function sweepAll(context: Context): Promise<void> {
    const totals = { Applied: 0, Parked: 0, ParkedWaiting: 0, ParkedForPerson: 0, SweepFailures: 0 };
    try {
      // Dead letters are parked first, because parked messages may wait for one of them. Half of the time is reserved
      // for the parked messages.
      const half = context.getRemainingTimeInMillis() / 2;
      const { parked, remaining, isEmpty } = await parkDeadLetters(() => context.getRemainingTimeInMillis() > half);
      totals.Parked += parked;
      totals.SweepFailures += remaining;
      await subscriber.sweep(
        () => hasTime(context),
        (report) => {
          totals.Applied += report.applied;
          totals.ParkedWaiting += report.waiting;
          totals.ParkedForPerson += report.forPerson;
          if (report.error === undefined) return;
          totals.SweepFailures++;
          logger.warn('parked message could not be applied', { ...report });
        },
        async () => ['pause', 'skip'].includes(await mode()),
        !isEmpty,
      );
    } finally {
      count(totals);
    }
  }

  async function handleRequest(request: ParkingRequest, context: Context): Promise<ParkingAnswer> {
    if ('redrive' in request && (await mode()) === 'pause') return { refused: `${capability} is paused` };
    if ('redrive' in request) {
      const { redrive, release = false } = request;
      return { reports: await subscriber.redrive(redrive, () => hasTime(context), release) };
    }
    try {
      if ('data' in request) {
        const { show } = subscriber;
        return show ? { data: await show(request.data) } : { refused: `${name} reads no large messages` };
      }
      await subscriber.discard(request.discard, request.because);
    } catch (error) {
      if (!isPermanent(error) && !(error instanceof MissingDataError)) throw error;
      return { refused: error.message };
    }
    logger.info('discarded', { ...request.discard, because: request.because });
    return { discarded: request.discard };
  }

  return async (event, context) => {
    const request = parkingRequestOf(event);
    if (!request) {
      await sweepAll(context);
      return undefined;
    }
    const spanOptions = { kind: SpanKind.SERVER, attributes: { 'faas.invocation_id': context.awsRequestId } };
    return traced(`${Object.keys(request)[0]} ${name}`, spanOptions, () => handleRequest(request, context));
  };
}
