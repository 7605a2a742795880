import { createHash } from 'node:crypto';
import type { MessageContract } from '@rollcall/kit/contracts/contract';
import { createMessage, type MessageInput } from '@rollcall/kit/messaging/message';
import type { OutboxRow } from '@rollcall/kit/messaging/outbox';
import { outgoing } from '@rollcall/kit/messaging/outgoing';
import { memberEvents, registrationReplies } from '../../shared/contracts/channels.ts';
import type { ProfileChange, Registration } from '../../shared/contracts/member.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { nameParts } from '../../shared/contracts/name-parts.ts';

export const SOURCE = '/rollcall/registration';

export interface ActiveMember extends Registration {
  status: 'active';
  id: string;
  version: number;
  registeredAt: string;
}

/** Keeps nothing personal; the version goes on, so that no event is ever taken for another. */
export interface DeactivatedMember {
  status: 'deactivated';
  id: string;
  version: number;
  deactivatedAt: string;
}

export type Member = ActiveMember | DeactivatedMember;

/** What a state change draws on from outside: when it happens, ids for its messages, and what it belongs to. */
export interface CommandContext {
  now: Date;
  newId: () => string;
  correlationId?: string;
  traceparent?: string;
}

/** The outbox row of a state change, with its event. */
const rowOf = (member: Member, { now }: CommandContext, event: OutboxRow['messages'][number]): OutboxRow => ({
  aggregateId: member.id,
  version: member.version,
  messages: [event],
  committedAt: now.toISOString(),
});

function eventOf<C extends MessageContract>(
  contract: C,
  member: Member,
  { now, newId, correlationId, traceparent }: CommandContext,
  more: Pick<MessageInput<C>, 'data' | 'replyTo'>,
) {
  const event = createMessage(contract, {
    id: newId(),
    source: SOURCE,
    subject: member.id,
    version: member.version,
    time: now,
    ...(correlationId !== undefined && { correlationId }),
    traceparent,
    ...more,
  });
  return outgoing(memberEvents.name, contract, event);
}

/** What a registration says of a phone beside the number. */
export interface AboutPhone {
  /** ISO 3166-1 alpha-2. */
  country: string | undefined;
  /** Whether a member with this phone has left, and the phone is still remembered. */
  returning: boolean;
}

export function register(
  id: string,
  registration: Registration,
  occasion: CommandContext,
  { country, returning }: AboutPhone,
) {
  const member: ActiveMember = {
    ...registration,
    status: 'active',
    id,
    version: 1,
    registeredAt: occasion.now.toISOString(),
  };
  const { phone, name, locale, registeredAt } = member;
  const event = eventOf(memberRegisteredV2, member, occasion, {
    data: {
      memberId: id,
      phone,
      ...(country !== undefined && { country }),
      locale,
      registeredAt,
      ...nameParts(name),
      ...(returning && { returning }),
    },
    replyTo: registrationReplies.name,
  });
  return { member, row: rowOf(member, occasion, event) };
}

export function changeProfile(before: ActiveMember, change: ProfileChange, occasion: CommandContext) {
  const member: ActiveMember = {
    ...before,
    name: change.name ?? before.name,
    locale: change.locale ?? before.locale,
    version: before.version + 1,
  };
  const { name, locale } = member;
  const data = { memberId: member.id, name, locale, changedAt: occasion.now.toISOString() };
  return { member, row: rowOf(member, occasion, eventOf(memberProfileChanged, member, occasion, { data })) };
}

export function deactivate(before: ActiveMember, occasion: CommandContext) {
  const deactivatedAt = occasion.now.toISOString();
  const member: DeactivatedMember = {
    status: 'deactivated',
    id: before.id,
    version: before.version + 1,
    deactivatedAt,
  };
  const data = { memberId: member.id, deactivatedAt };
  const event = eventOf(memberDeactivated, member, occasion, { data, replyTo: registrationReplies.name });
  return { member, row: rowOf(member, occasion, event) };
}

/** Tells two registrations of one phone apart. */
export const fingerprint = ({ phone, name, locale }: Registration) =>
  createHash('sha256')
    .update(JSON.stringify([phone, name, locale]))
    .digest('base64url');
