import { createHash } from 'node:crypto';
import type { ProfileChange, Registration } from '../../shared/contracts/member.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { createMessage, type Message } from '../../shared/messaging/message.ts';

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

/** What a state change draws on from outside: when it happens, the id of its event, and what it belongs to. */
export interface Occasion {
  now: Date;
  messageId: string;
  correlationId?: string;
  traceparent?: string;
}

export type MemberEvent = Message<typeof memberRegistered | typeof memberProfileChanged | typeof memberDeactivated>;

const eventOf = (member: Member, { now, messageId, correlationId, traceparent }: Occasion) => ({
  id: messageId,
  source: SOURCE,
  subject: member.id,
  version: member.version,
  time: now,
  ...(correlationId && { correlationId }),
  ...(traceparent && { traceparent }),
});

export function register(id: string, registration: Registration, occasion: Occasion) {
  const member: ActiveMember = {
    ...registration,
    status: 'active',
    id,
    version: 1,
    registeredAt: occasion.now.toISOString(),
  };
  const { phone, name, locale, registeredAt } = member;
  const event = createMessage(memberRegistered, {
    ...eventOf(member, occasion),
    data: { memberId: id, phone, name, locale, registeredAt },
  });
  return { member, event };
}

export function changeProfile(before: ActiveMember, change: ProfileChange, occasion: Occasion) {
  const member: ActiveMember = {
    ...before,
    name: change.name ?? before.name,
    locale: change.locale ?? before.locale,
    version: before.version + 1,
  };
  const { name, locale } = member;
  const event = createMessage(memberProfileChanged, {
    ...eventOf(member, occasion),
    data: { memberId: member.id, name, locale, changedAt: occasion.now.toISOString() },
  });
  return { member, event };
}

export function deactivate(before: ActiveMember, occasion: Occasion) {
  const deactivatedAt = occasion.now.toISOString();
  const member: DeactivatedMember = {
    status: 'deactivated',
    id: before.id,
    version: before.version + 1,
    deactivatedAt,
  };
  const event = createMessage(memberDeactivated, {
    ...eventOf(member, occasion),
    data: { memberId: member.id, deactivatedAt },
  });
  return { member, event };
}

/** Tells two registrations of one phone apart. */
export const fingerprint = ({ phone, name, locale }: Registration) =>
  createHash('sha256')
    .update(JSON.stringify([phone, name, locale]))
    .digest('base64url');
