import type { App } from '../app-definition.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import { eventForDisplay } from '../stage/event-for-display.ts';
import { holdingsOf } from '../stage/holdings.ts';
import type { StageClient } from '../stage/stage.ts';
import { findTraces } from '../stage/traces.ts';
import type { AggregateView, SentMessage } from './api.ts';

type AppParts = Pick<App, 'messages' | 'console'>;

/** The view of an aggregate: its spans, its messages, and the data that each service stores about it. */
export async function aggregateView(
  stage: StageClient,
  cloud: EmbeddedCloud | undefined,
  { messages: contracts, console: parts = {} }: AppParts,
  id: string,
): Promise<AggregateView> {
  const [spans, holdings, sent] = await Promise.all([
    findTraces(stage, cloud, { aggregate: id }),
    parts.holdings ? parts.holdings(stage, id) : holdingsOf(stage, id),
    cloud?.messages(id),
  ]);
  /** An unreadable body is displayed unchanged. */
  const eventOf = (body: string) => eventForDisplay(body, contracts) ?? { body };
  const messages = (sent ?? []).map(({ at, channel, body }) => ({ at, channel, event: eventOf(body) }));
  const correspondence = await parts.sent?.(holdings, cloud);
  return {
    id,
    spans,
    messages: sent ? messages : storedMessages(holdings, eventOf),
    holdings,
    ...(correspondence && { sent: correspondence }),
  };
}

/** The messages that are still in an outbox or parked. In an AWS account, delivered messages cannot be read. */
function storedMessages(
  holdings: AggregateView['holdings'],
  eventOf: (body: string) => SentMessage['event'],
): SentMessage[] {
  return Object.entries(holdings).flatMap(([service, items]) =>
    items.flatMap(({ body, parkedAt, messages, committedAt }) => {
      if (typeof body === 'string' && body !== '')
        return [{ at: String(parkedAt), channel: service, event: eventOf(body) }];
      const pending = Array.isArray(messages) ? (messages as Array<{ channel: string; body: string }>) : [];
      return pending.map((one) => ({ at: String(committedAt), channel: one.channel, event: eventOf(one.body) }));
    }),
  );
}
