import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import pMap from 'p-map';
import { percentile } from 'rollcall/internal/percentile';
import { Received } from './received.ts';
import type { Receive, Sent, Transport, TransportType } from './transport.ts';

const KEYS = 100;
/**
 * The number of keys whose messages are sent concurrently. The next message of a key is sent when the transport has
 * accepted the previous one.
 */
const AT_ONCE = 32;
/** Every hundredth message is sent twice. */
const TWICE_EVERY = 100;
/** Sending stops after this time, so a slow transport sends fewer messages. */
const SENDS_WITHIN_MS = 60_000;
/** After all sends, the runs without an outage wait for missing messages until no message has arrived for this time. */
const QUIET_MS = 60_000;
/**
 * The corresponding time for the run with an outage. It is longer than the visibility timeout of the queue, after which
 * SQS redelivers messages.
 */
const QUIET_AFTER_OUTAGE_MS = 15_000;

const PACE_MS = 5;
const PACED = 500;
const OUTAGE = { paceMs: 10, sendsForMs: 9_000, downAfterMs: 2_000, downForMs: 5_000 };

export interface Figures {
  /** The number of messages that were sent at full speed. */
  sent: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  outOfOrder: number;
  duplicatesSent: number;
  duplicatesReceived: number;
  /** The number of messages that were lost in the run at full speed, without an outage. */
  missing: number;
  outage: { sent: number; lost: number; lostAfterRejection: number; receivedTwice: number };
}

const messagesOf = (run: string, count: number): Sent[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${run}-${index}`,
    key: String(index % KEYS),
    position: Math.floor(index / KEYS) + 1,
    at: 0,
  }));

async function runAtFullSpeed(transport: Transport, received: Received, count: number) {
  const byKey = [...Map.groupBy(messagesOf('full', count), ({ key }) => key).values()];
  const begun = performance.now();
  let sent = 0;
  let duplicatesSent = 0;
  const sendAll = async (messages: readonly Sent[]) => {
    for (const message of messages) {
      if (performance.now() - begun > SENDS_WITHIN_MS) return;
      const now = { ...message, at: performance.now() };
      await transport.send(now);
      if (++sent % TWICE_EVERY !== 0) continue;
      duplicatesSent++;
      await transport.send(now);
    }
  };
  await pMap(byKey, sendAll, { concurrency: AT_ONCE });
  await received.settle(sent, QUIET_MS);
  const perSecond = received.deliveries.size / ((received.lastAt - begun) / 1000);
  // Waits for second copies, which may arrive after all first copies.
  await delay(500);
  return { sent, perSecond, duplicatesSent, missing: sent - received.deliveries.size };
}

/** Sends one message after another, slowly enough for every transport, to measure latency without queueing. */
async function runPaced(transport: Transport, received: Received): Promise<void> {
  for (const message of messagesOf('paced', PACED)) {
    await Promise.all([transport.send({ ...message, at: performance.now() }), delay(PACE_MS)]);
  }
  await received.settle(PACED, QUIET_MS);
}

/** Sends messages while the receivers are down for some time. The sender does not retry, but the transport may. */
async function runWithOutage(transport: Transport, received: Received): Promise<Figures['outage']> {
  const { paceMs, sendsForMs, downAfterMs, downForMs } = OUTAGE;
  const messages = messagesOf('outage', sendsForMs / paceMs);
  const outage = async () => {
    await delay(downAfterMs);
    await transport.down();
    await delay(downForMs);
    await transport.up();
  };
  const rejected = new Set<string>();
  const sendAll = async () => {
    const sends: Promise<void>[] = [];
    for (const message of messages) {
      const send = transport.send({ ...message, at: performance.now() });
      sends.push(send.catch(() => void rejected.add(message.id)));
      await delay(paceMs);
    }
    await Promise.all(sends);
  };
  await Promise.all([outage(), sendAll()]);
  await received.settle(messages.length - rejected.size, QUIET_AFTER_OUTAGE_MS);
  const lost = received.missing(messages);
  return {
    sent: messages.length,
    lost: lost.length,
    lostAfterRejection: lost.filter(({ id }) => rejected.has(id)).length,
    receivedTwice: received.duplicates,
  };
}

/** Measures a transport. @throws {NotAvailable} if the transport cannot run on this machine */
export async function measure(type: TransportType, count: number): Promise<Figures> {
  const runs = { full: new Received(), paced: new Received(), outage: new Received() };
  // Handling a message takes one to four turns of the event loop. The handling of two concurrent messages may
  // therefore end in the reverse order.
  const receive: Receive = async (message) => {
    for (let turns = Math.floor(Math.random() * 4); turns >= 0; turns--) await nextTurn();
    runs[message.id.split('-')[0] as keyof typeof runs].add(message);
  };
  const transport = await type.start(receive);
  try {
    const { sent, perSecond, duplicatesSent, missing } = await runAtFullSpeed(transport, runs.full, count);
    await runPaced(transport, runs.paced);
    const { latencies } = runs.paced;
    return {
      sent,
      perSecond: Math.round(perSecond),
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      outOfOrder: runs.full.outOfOrder,
      duplicatesSent,
      duplicatesReceived: runs.full.duplicates,
      missing,
      outage: await runWithOutage(transport, runs.outage),
    };
  } finally {
    await transport.stop();
  }
}
