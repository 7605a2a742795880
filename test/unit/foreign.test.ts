import { UnreadableMessageError } from '@rollcall/kit/internal/messaging/errors';
import { eventBridgeEvent, foreign } from '@rollcall/kit/internal/messaging/foreign';
import { type Envelope, type ReadEnvelope, readMessage, sequenceOf } from '@rollcall/kit/internal/messaging/message';
import { createConsume } from '@rollcall/kit/internal/messaging/subscriber-functions/consume';
import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readCloudEvent, readNotification } from '../guides/ordered-consumer-on-your-queue/adapters.ts';
import { orderPlaced, readOrder } from '../guides/ordered-consumer-on-your-queue/orders.ts';
import { subscriber } from '../support/test-subscriber.ts';

const time = '2026-11-29T10:00:00.000Z';
const order = { eventId: 'e1', event: 'OrderPlaced', orderNo: 'A', revision: 2, at: time, payload: { quantity: 3 } };

const text = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body));

/** Returns the reason why a body cannot be read. */
function refusal(read: ReadEnvelope, body: unknown): string {
  try {
    read(text(body));
  } catch (error) {
    if (error instanceof UnreadableMessageError) return error.message;
    throw error;
  }
  return 'it can be read';
}

const notification = (message: unknown) => ({
  ...{ Type: 'Notification', MessageId: 'n1', TopicArn: 'arn:aws:sns:eu-west-1:111122223333:orders', Timestamp: time },
  ...{ Message: text(message), SignatureVersion: '1', Signature: '…', SigningCertURL: 'https://…' },
  MessageAttributes: { type: { Type: 'String', Value: 'OrderPlaced' } },
});

describe('a foreign message', () => {
  const headerOf = ({ id, source, type, subject, sequence, time }: Envelope) => ({
    ...{ id, source, type, subject, sequence, time },
  });

  it('is read from JSON with other names, and is checked against its contract', () => {
    const envelope = readOrder(text(order));
    const expected = { source: 'orders-service', type: 'OrderPlaced', subject: 'A', sequence: sequenceOf(2), time };
    expect(headerOf(envelope)).toEqual({ id: 'e1', ...expected });
    expect(readMessage(envelope, [orderPlaced]).data).toEqual({ quantity: 3 });
    expect(() => readMessage(readOrder(text({ ...order, payload: {} })), [orderPlaced])).toThrow(
      'e1 violates OrderPlaced: quantity',
    );
  });

  it('is read from the envelope of SNS, including its message attributes', () => {
    const source = 'arn:aws:sns:eu-west-1:111122223333:orders';
    const expected = { id: 'n1', source, type: 'OrderPlaced', subject: 'A', sequence: sequenceOf(2), time };
    expect(headerOf(readNotification(text(notification({ orderNo: 'A', revision: 2 }))))).toEqual(expected);
  });

  it('is read from a CloudEvent with custom attributes', () => {
    const event = { specversion: '1.0', id: 'c1', source: 'urn:shop', type: 'placed', time, orderno: 'A', data: [1] };
    const envelope = readCloudEvent(text({ ...event, orderversion: '0002' }));
    const expected = { id: 'c1', source: 'urn:shop', type: 'placed', subject: 'A', sequence: sequenceOf(2), time };
    expect([headerOf(envelope), envelope.data]).toEqual([expected, [1]]);
  });

  it('has the correlation ID and trace from its adapter, or its own ID as correlation ID', () => {
    const about = { id: 'i', source: 's', type: 't', subject: 'x', time, data: null };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const read = foreign(z.unknown(), () => ({ ...about, correlationId: 'c', traceparent }));
    expect(read('{}')).toMatchObject({ correlationid: 'c', traceparent });
    expect(foreign(z.unknown(), () => about)('{}').correlationid).toBe('i');
  });

  const event = { id: 'b1', source: 'bank', 'detail-type': 'Paid', time, detail: { accountNo: 'C' } };
  const { detail: _, ...withoutDetail } = event;
  const readEvent = foreign(eventBridgeEvent(z.object({ accountNo: z.string() })), ({ id, source, time, detail }) => ({
    ...{ id, source, time, type: 'Paid', subject: detail.accountNo, data: detail },
  }));
  const { eventId: __, ...withoutId } = order;

  it.each<[string, ReadEnvelope, unknown, string]>([
    ['that is not JSON', readOrder, 'order A', 'message is not JSON'],
    ['that is not an object', readOrder, '7', 'body is wrong'],
    ['that is null', readOrder, 'null', 'body is wrong'],
    ['without id', readOrder, withoutId, 'eventId is missing'],
    ['with an order number that is not a string', readOrder, { ...order, orderNo: 7 }, 'orderNo is wrong'],
    [
      'with an empty subject',
      readOrder,
      { ...order, orderNo: '' },
      'message has a missing or invalid attribute: subject is',
    ],
    ['with an ID too long for a key', readOrder, { ...order, eventId: 'e'.repeat(201) }, 'id is wrong: Too big'],
    ['with a version below 1', readOrder, { ...order, revision: 0 }, 'version is wrong: Too small'],
    ['with an invalid time', readOrder, { ...order, at: 'today' }, 'time is wrong'],
    ['without a nested field', readEvent, { ...event, detail: {} }, 'detail.accountNo is missing'],
    ['without detail', readEvent, withoutDetail, 'detail is missing'],
    [
      'with raw delivery instead of an SNS envelope',
      readNotification,
      { orderNo: 'A', revision: 2 },
      'Type is missing',
    ],
    ['of SNS with plain text in it', readNotification, notification('hello'), 'Message is wrong'],
    [
      'of SNS that confirms a subscription',
      readNotification,
      { ...notification({}), Type: 'SubscriptionConfirmation' },
      'Type is wrong',
    ],
    [
      'of SNS without message attributes',
      readNotification,
      { ...notification({ orderNo: 'A', revision: 2 }), MessageAttributes: undefined },
      'type is wrong: Too small',
    ],
  ])('%s is refused with the reason', (_, read, body, why) => {
    expect(refusal(read, body)).toContain(why);
  });

  it('is unreadable if its adapter fails, and the reason does not quote the error', () => {
    const read = foreign(z.any(), ({ order }) => order.secret.number);
    const failing = foreign(z.any(), (body) => {
      throw new Error(JSON.stringify(body));
    });
    expect(refusal(read, {})).toBe('message cannot be read: its adapter throws TypeError');
    expect(refusal(failing, '"secret"')).not.toContain('secret');
    const throwing = z.string().transform((text) => new Date(text).toISOString());
    expect(refusal(foreign(throwing, failing as never), '"secret"')).toBe(
      'message cannot be read: its adapter throws RangeError',
    );
  });
});

describe('a subscriber of foreign messages', () => {
  const channel = { senders: ['orders-service'], messages: [orderPlaced] };
  const options = { channel, read: readOrder };

  it('parks unreadable messages, and messages of other senders, for an operator', async () => {
    const { store, raw } = subscriber({}, false, options);
    expect(await raw('{"orderNo": "A"}')).toBe('parked');
    expect([...store.waiting.values()]).toMatchObject([{ reason: 'unreadable', body: '{"orderNo": "A"}' }]);
    const elsewhere = subscriber({}, false, { ...options, channel: { ...channel, senders: ['warehouse'] } });
    expect(await elsewhere.raw(text(order))).toBe('parked');
    expect([...elsewhere.store.waiting.values()][0]?.error).toContain('orders-service may not send OrderPlaced');
  });

  it('parks a message without a version on an ordered channel, with the reason', async () => {
    const read = foreign(z.unknown(), () => ({
      ...{ id: 'e1', source: 'orders-service', type: 'OrderPlaced', subject: 'A', time, data: { quantity: 1 } },
    }));
    const { store, raw } = subscriber({}, false, { channel, read });
    expect(await raw('{}')).toBe('parked');
    expect([...store.waiting.values()][0]?.error).toContain('e1 has no version, although its channel is ordered');
  });

  it('logs the ID from the message', async () => {
    const logged: object[] = [];
    const consume = createConsume({
      subscriber: {
        apply: () => Promise.reject(new Error('broken')),
        hold: () => Promise.reject(new Error('not held')),
        isSuspect: async () => false,
      },
      batchingSends: (run) => run(),
      redeliver: async () => {},
      capability: undefined,
      mode: async () => 'on',
      now: () => new Date(time),
      read: readOrder,
      logger: { warn: (_: string, about: object) => logged.push(about) } as never,
      count: () => {},
    });
    const record = { messageId: 'q1', body: text(order), attributes: { ApproximateReceiveCount: '1' } };
    expect(await consume({ Records: [record] } as SQSEvent)).toEqual({ batchItemFailures: [{ itemIdentifier: 'q1' }] });
    expect(logged).toMatchObject([{ message_id: 'e1', correlation_id: 'e1' }]);
  });

  it('records a crash under the ID from the message', async () => {
    const { store, isSuspect } = subscriber({}, false, options);
    await store.begin({ aggregateId: 'A', version: 2, messageId: 'e1' });
    expect(await isSuspect(order, 6)).toBe(true);
    expect(await isSuspect({ ...order, eventId: 'e2' }, 6)).toBe(false);
  });
});
