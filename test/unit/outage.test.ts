import { consume } from '@rollcall/kit/internal/messaging/consumer';
import { createCorrespondence } from '@rollcall/kit/internal/messaging/correspondence';
import { createRedelivery } from '@rollcall/kit/internal/messaging/redelivery';
import { createSubscriber } from '@rollcall/kit/internal/messaging/subscriber';
import { createBreaker } from '@rollcall/kit/internal/resilience/breaker';
import { UnavailableError } from '@rollcall/kit/internal/resilience/errors';
import { classify } from '@rollcall/kit/internal/resilience/remote-service';
import { InMemoryCircuitStore, InMemorySubscriberStore } from '@rollcall/kit/testing';
import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { eventConsumer } from '../../functions/sms/events.consumer.ts';
import { createTexting } from '../../functions/sms/texting.ts';
import { welcomeHandlers } from '../../functions/sms/welcome.ts';
import { memberEvents } from '../../shared/contracts/channels.ts';
import { memberIdOf, profileChanged, registered, sqsRecord, TIME } from '../support/builders.ts';

const MEMBERS = 150;
const HOUR_MS = 3_600_000;
const TICK_MS = 500;
const VISIBILITY_MS = 60_000;

interface Waiting {
  record: SQSRecord;
  receives: number;
  visibleAt: number;
}

/** A FIFO queue with a clock. Of each group, only the first message can be received, and only while it is visible. */
function createQueue(now: () => number) {
  const groups = new Map<string, Waiting[]>();
  const all = () => [...groups.values()].flat();
  return {
    send(group: string, messageId: string, body: string) {
      const waiting = groups.get(group) ?? [];
      groups.set(group, [...waiting, { record: sqsRecord(group, messageId, body), receives: 0, visibleAt: 0 }]);
    },
    receive(): SQSRecord[] {
      const heads = [...groups.values()].flatMap(([head]) => (head && head.visibleAt <= now() ? [head] : []));
      return heads.slice(0, 10).map((head) => {
        head.receives++;
        head.visibleAt = now() + VISIBILITY_MS;
        const attributes = { ...head.record.attributes, ApproximateReceiveCount: String(head.receives) };
        return { ...head.record, attributes };
      });
    },
    delete(messageIds: ReadonlySet<string>) {
      for (const [group, waiting] of groups) {
        groups.set(
          group,
          waiting.filter(({ record }) => !messageIds.has(record.messageId)),
        );
      }
    },
    /** Implements the call ChangeMessageVisibilityBatch of SQS. */
    client: {
      send: async ({ input }: { input: { Entries: Array<{ ReceiptHandle: string; VisibilityTimeout: number }> } }) => {
        for (const { ReceiptHandle, VisibilityTimeout } of input.Entries) {
          const waiting = all().find(({ record }) => record.receiptHandle === ReceiptHandle);
          if (waiting) waiting.visibleAt = now() + VisibilityTimeout * 1000;
        }
      },
    },
    size: () => all().length,
    mostReceives: () => Math.max(...all().map(({ receives }) => receives)),
  };
}

describe('an hour in which the only SMS provider is down', () => {
  it('parks no message, rarely calls the provider, and then processes the backlog in order', async () => {
    let at = TIME.getTime();
    const now = () => new Date(at);
    let ids = 0;
    const newId = () => `owner-${++ids}`;
    const provider = { up: false, calls: 0, texts: [] as string[] };
    const store = new InMemorySubscriberStore();
    const queue = createQueue(() => at);
    const sendText = createTexting({
      providers: [
        {
          name: 'sms-http',
          provider: {
            honoursKey: true,
            async send({ to }) {
              provider.calls++;
              if (!provider.up) throw new UnavailableError('connection refused');
              provider.texts.push(to);
            },
          },
          breaker: createBreaker({
            name: 'sms-http',
            store: new InMemoryCircuitStore(),
            classify,
            now,
            onChange() {},
            gathered: async () => {},
            onFailure: (error) => {
              throw error;
            },
          }),
        },
      ],
      timeoutMs: 2_000,
      atOnce: 10,
      pace: undefined,
      limits: { check: async () => {} },
      optOuts: { add: () => Promise.reject(new Error('nobody has opted out')) },
      onSent: () => {},
      onOptedOut: () => {},
      mode: async () => 'on',
      now,
    });
    const correspondence = createCorrespondence({ source: '/test', channels: {} });
    const kit = createSubscriber({
      store,
      queueName: 'sms.fifo',
      joinsLate: false,
      contracts: eventConsumer.reads,
      channel: memberEvents,
      handlers: welcomeHandlers({ sendText, pseudonym: async (phone) => phone, correspondence, now }),
      sender: { send: async () => new Map() },
      now,
      newId,
      random: Math.random,
    });
    const redeliver = createRedelivery({ client: queue.client as never, queueUrl: '', now, random: Math.random });

    async function invokeOnce(): Promise<void> {
      const Records = queue.receive();
      if (Records.length === 0) return;
      const { returned } = await consume({ Records }, kit.apply, kit.isSuspect);
      await redeliver(returned);
      const back = new Set(returned.map(({ record }) => record.messageId));
      queue.delete(new Set(Records.map(({ messageId }) => messageId).filter((id) => !back.has(id))));
    }
    const passUntil = async (end: number) => {
      for (; at < end; at += TICK_MS) await invokeOnce();
    };

    for (let member = 1; member <= MEMBERS; member++) {
      const id = memberIdOf(member);
      const phone = `+346${10_000_000 + member}`;
      for (const message of [registered(id, 1, phone), profileChanged(id, 2), profileChanged(id, 3, 'zh-CN')]) {
        queue.send(id, message.id, JSON.stringify(message));
      }
    }
    await passUntil(TIME.getTime() + HOUR_MS);
    expect(store.waiting.size).toBe(0);
    expect(store.effects).toEqual([]);
    expect(queue.size()).toBe(3 * MEMBERS);
    expect(queue.mostReceives()).toBeGreaterThan(10);
    // The provider gets the calls that open the circuit, and then only probes, with pauses that grow to a minute.
    expect(provider.calls).toBeLessThan(90);

    provider.up = true;
    await passUntil(at + 10 * 60_000);
    expect(queue.size()).toBe(0);
    expect(store.waiting.size).toBe(0);
    expect(new Set(provider.texts).size).toBe(MEMBERS);
    expect(provider.texts).toHaveLength(MEMBERS);
    const versions = Map.groupBy(store.effects, ({ aggregateId }) => aggregateId);
    for (const effects of versions.values()) expect(effects.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(versions.size).toBe(MEMBERS);
  });
});
