import { createHash } from 'node:crypto';
import { type Decision, draft } from '@rollcall/kit/messaging';
import { type memberEvents, registrationReplies } from '../../shared/contracts/channels.ts';
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

/**
 * A former member, without personal data. The version continues from the active member, so that event versions stay
 * unique.
 */
export interface DeactivatedMember {
  status: 'deactivated';
  id: string;
  version: number;
  deactivatedAt: string;
}

export type Member = ActiveMember | DeactivatedMember;

export type MemberDecision<M extends Member> = Decision<M, (typeof memberEvents.messages)[number]>;

/** Facts about a phone that the event of a registration contains. */
export interface PhoneFacts {
  /** ISO 3166-1 alpha-2. */
  country: string | undefined;
  /** Whether an earlier member with this phone left within the time for which phones are remembered. */
  returning: boolean;
}

export function register(
  id: string,
  registration: Registration,
  now: Date,
  { country, returning }: PhoneFacts,
): MemberDecision<ActiveMember> {
  const registeredAt = now.toISOString();
  const { phone, name, locale } = registration;
  const registered = draft(
    memberRegisteredV2,
    {
      memberId: id,
      phone,
      ...(country !== undefined && { country }),
      locale,
      registeredAt,
      ...nameParts(name),
      ...(returning && { returning }),
    },
    { replyTo: registrationReplies },
  );
  return { state: { ...registration, status: 'active', id, registeredAt }, events: [registered] };
}

export function changeProfile(before: ActiveMember, change: ProfileChange, now: Date): MemberDecision<ActiveMember> {
  const { name = before.name, locale = before.locale } = change;
  const changed = draft(memberProfileChanged, { memberId: before.id, name, locale, changedAt: now.toISOString() });
  return { state: { ...before, name, locale }, events: [changed] };
}

export function deactivate({ id }: Pick<ActiveMember, 'id'>, now: Date): MemberDecision<DeactivatedMember> {
  const deactivatedAt = now.toISOString();
  const deactivated = draft(memberDeactivated, { memberId: id, deactivatedAt }, { replyTo: registrationReplies });
  return { state: { status: 'deactivated', id, deactivatedAt }, events: [deactivated] };
}

/** A hash that distinguishes different registrations of the same phone. */
export const fingerprint = ({ phone, name, locale }: Registration) =>
  createHash('sha256')
    .update(JSON.stringify([phone, name, locale]))
    .digest('base64url');
