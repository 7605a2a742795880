import type { MessageKind } from '@rollcall/kit/internal/contracts/contract';
import { createMessage, type Message } from '@rollcall/kit/internal/messaging/message';
import type { OutboxRow } from '@rollcall/kit/internal/messaging/outbox';
import type { SQSRecord } from 'aws-lambda';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';

export const TIME = new Date('2026-11-21T10:00:00.000Z');

/** Creates a member ID that is easy to read in a failed test. */
export const memberIdOf = (n: number) => `01999999-0000-7000-8000-${String(n).padStart(12, '0')}`;

const header = (memberId: string, version: number) => ({
  id: `${memberId}/${version}`,
  source: '/rollcall/registration',
  subject: memberId,
  version,
  time: TIME,
});

export const registered = (
  memberId = memberIdOf(1),
  version = 1,
  phone = '+34612345678',
): Message<typeof memberRegistered> =>
  createMessage(memberRegistered, {
    ...header(memberId, version),
    data: { memberId, phone, name: 'Lucía', locale: 'es', registeredAt: TIME.toISOString() },
  });

export const profileChanged = (
  memberId = memberIdOf(1),
  version = 2,
  locale = 'en',
): Message<typeof memberProfileChanged> =>
  createMessage(memberProfileChanged, {
    ...header(memberId, version),
    data: { memberId, name: 'Lucía', locale, changedAt: TIME.toISOString() },
  });

export const deactivated = (memberId = memberIdOf(1), version = 2): Message<typeof memberDeactivated> =>
  createMessage(memberDeactivated, {
    ...header(memberId, version),
    data: { memberId, deactivatedAt: TIME.toISOString() },
  });

export const outgoingMessage = (group: string, messageId: string, body = '{}', channel = 'member-events') => ({
  channel,
  group,
  messageId,
  type: 'rollcall.member.registered.v1',
  kind: 'event' satisfies MessageKind as MessageKind,
  body,
});

/** Creates a message in the format in which an outbox stores it and subscribers receive it. */
const cloudEvent = (id: string, subject: string) =>
  JSON.stringify({
    specversion: '1.0',
    ...{ id, source: '/rollcall/registration', type: 'rollcall.member.registered.v1', subject },
    ...{ time: TIME.toISOString(), partitionkey: subject },
  });

export const outboxRow = (
  aggregateId: string,
  version: number,
  body = cloudEvent(`${aggregateId}/${version}`, aggregateId),
): OutboxRow => ({
  aggregateId,
  version,
  messages: [outgoingMessage(aggregateId, `${aggregateId}/${version}`, body)],
  committedAt: TIME.toISOString(),
});

/** Creates a record in the format in which Lambda delivers a message of a FIFO queue to a function. */
export const sqsRecord = (group: string, messageId: string, body: string): SQSRecord => ({
  messageId,
  receiptHandle: messageId,
  body,
  attributes: {
    MessageGroupId: group,
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: 'test',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:test.fifo',
  awsRegion: 'us-east-1',
});

/** The context of a message that was not released by an operator, and whose aggregate has no state. */
export const contextWithoutState = { released: false, state: async () => ({}) };
