import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import * as z from 'zod';
import type { App } from '../app-definition.ts';
import { eventForDisplay } from '../stage/event-for-display.ts';
import { aggregatesToRedrive } from '../stage/redrivable.ts';
import { type RedriveSummary, redrive } from '../stage/redrive.ts';
import type { StageClient } from '../stage/stage.ts';
import type { ParkedPage, ParkedView, RedriveProgress } from './api.ts';
import { type ConsoleRequest, parseBody, type RouteHandler } from './console-request.ts';
import { ConsoleProblem } from './problem.ts';

const MAX_SHOWN = 1_000;

const redriveRequest = z.strictObject({
  subscriber: z.string(),
  aggregateIds: z.array(z.string()).min(1).optional(),
  release: z.boolean().optional(),
});
const discardRequest = z.strictObject({
  subscriber: z.string(),
  aggregateId: z.string(),
  version: z.int().nonnegative(),
  messageId: z.string().optional(),
  because: z.string().trim().min(1),
});

export interface ParkedRouteOptions {
  stage: StageClient;
  subscribers: readonly string[];
  /** Contracts that decode bodies for display. */
  contracts: App['messages'];
}

/** Routes for parked messages. */
export function parkedRoutes({ stage, subscribers, contracts }: ParkedRouteOptions): Record<string, RouteHandler> {
  function existingSubscriber(subscriber: string): string {
    if (subscribers.includes(subscriber)) return subscriber;
    throw new ConsoleProblem(404, {
      en: `There is no subscriber "${subscriber}".`,
      zh: `没有名为“${subscriber}”的订阅者。`,
    });
  }

  async function parkedIn(names: readonly string[], reason: string | null): Promise<ParkedView[]> {
    const found = await Promise.all(
      names.map(async (subscriber) => {
        const pages = await Array.fromAsync(stage.parked(subscriber));
        return pages.flat().map((one: ParkedMessage) => viewOf(subscriber, one, contracts));
      }),
    );
    const wanted = found.flat().filter((one) => reason === null || one.reason === reason);
    return wanted.sort((a, b) => a.parkedAt.localeCompare(b.parkedAt) || a.version - b.version);
  }

  async function parked({ query }: ConsoleRequest): Promise<ParkedPage> {
    const subscriber = query.get('subscriber');
    const all = await parkedIn(
      subscriber ? [existingSubscriber(subscriber)] : subscribers,
      query.get('reason') || null,
    );
    const limit = Math.min(MAX_SHOWN, Number(query.get('limit')) || 100);
    return { total: all.length, messages: all.slice(0, limit) };
  }

  async function* redriveAll({ body }: ConsoleRequest): AsyncIterable<RedriveProgress> {
    const { subscriber, aggregateIds, release = false } = parseBody(redriveRequest, body);
    const all = async () => (await Array.fromAsync(stage.parked(existingSubscriber(subscriber)))).flat();
    const ids = aggregateIds ?? aggregatesToRedrive(await all(), { release });
    yield* progressOf(stage, existingSubscriber(subscriber), ids, release);
  }

  async function discard({ body }: ConsoleRequest): Promise<object> {
    const { subscriber, because, messageId, ...key } = parseBody(discardRequest, body);
    const answer = await stage.sendParkingRequest(existingSubscriber(subscriber), {
      discard: { ...key, ...(messageId !== undefined && { messageId }) },
      because,
    });
    if ('refused' in answer)
      throw new ConsoleProblem(
        409,
        { en: 'The message cannot be discarded.', zh: '无法丢弃这条消息。' },
        { detail: answer.refused },
      );
    return {};
  }

  return { 'GET parked': parked, 'POST parked/redrive': redriveAll, 'POST parked/discard': discard };
}

/** Redrives aggregates, and yields progress. The last value has `finished: true`. */
async function* progressOf(
  stage: StageClient,
  subscriber: string,
  ids: readonly string[],
  release: boolean,
): AsyncIterable<RedriveProgress> {
  const progressAt = (done: number, { applied, waiting, forPerson, failures }: RedriveSummary): RedriveProgress => ({
    done,
    total: ids.length,
    applied,
    waiting,
    forPerson,
    failures: failures.map(({ aggregateId, error = '' }) => ({ aggregateId, error })),
  });
  let nextProgress = Promise.withResolvers<RedriveProgress>();
  const onProgress = (done: number, summary: RedriveSummary) => nextProgress.resolve(progressAt(done, summary));
  const working = redrive(stage, subscriber, ids, { release, onProgress });
  const finished = working.then(() => undefined);
  for (;;) {
    const progress = await Promise.race([nextProgress.promise, finished]);
    if (!progress) break;
    nextProgress = Promise.withResolvers();
    yield progress;
  }
  const summary = await working;
  yield { ...progressAt(ids.length - summary.left, summary), finished: true };
}

function viewOf(subscriber: string, parked: ParkedMessage, contracts: App['messages']): ParkedView {
  const { aggregateId, version, messageId, reason, parkedAt, attempts, error, body } = parked;
  const event = eventForDisplay(body, contracts);
  return {
    subscriber,
    aggregateId,
    version,
    messageId,
    // `parked.type` may be stored even if the console cannot decode the body.
    type: parked.type ?? String(event?.type ?? ''),
    reason,
    parkedAt,
    attempts,
    ...(error !== undefined && { error }),
    body: event ? JSON.stringify(event) : body,
  };
}
