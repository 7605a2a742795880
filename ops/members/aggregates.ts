import type { Aggregates } from 'rollcall/app';
import { journeys } from '../../functions/guide/journey.ts';
import {
  type ActiveMember,
  changeProfile,
  type DeactivatedMember,
  deactivate,
  type Member,
  register,
} from '../../functions/registration/member.ts';
import { memberKey } from '../../functions/registration/store.ts';
import { memberEvents, pointsCommands } from '../../shared/contracts/channels.ts';
import { countryOf } from '../../shared/contracts/phone.ts';
import { closestLocale } from '../../shared/localization.ts';

const PREFIX = memberKey('').pk;

type Stored = Parameters<NonNullable<Aggregates['agrees']>>[2];

/**
 * Functions by service. Each function returns whether an item of its service matches the profile of an active member.
 */
const AGREES: Readonly<Record<string, (member: ActiveMember, stored: Stored) => boolean>> = {
  sms: ({ phone, locale }, stored) => stored.phone === phone && stored.locale === locale,
  guide: ({ name, locale }, stored) =>
    stored.addressee === name &&
    stored.journeyLocale === closestLocale(locale, Object.keys(journeys) as (keyof typeof journeys)[], 'en'),
};

/**
 * Returns the event that brings a service to the member's current state. The service has applied only versions below
 * `version`. The event of a registration never contains `returning`, because the members' table does not store whether
 * the phone was registered before.
 */
function stateAt(member: ActiveMember | DeactivatedMember, version: number) {
  if (member.status === 'deactivated') return deactivate(member, new Date(member.deactivatedAt)).events[0];
  if (version > 1) return changeProfile(member, {}, new Date()).events[0];
  const { id, phone, name, locale, registeredAt } = member;
  const about = { country: countryOf(phone), returning: false };
  return register(id, { phone, name, locale }, new Date(registeredAt), about).events[0];
}

/** Describes how the registration service stores members, and how it numbers the commands to the points service. */
export const members: Aggregates = {
  topic: memberEvents,
  commands: [pointsCommands],
  table: 'members',
  outbox: 'outbox',
  idOf: ({ pk }) => (typeof pk === 'string' && pk.startsWith(PREFIX) ? pk.slice(PREFIX.length) : undefined),
  key: memberKey,
  isErased: ({ status }) => status === 'deactivated',
  stateAt: (state, version) => stateAt(state as unknown as Member, version),
  agrees: (state, service, stored) => AGREES[service]?.(state as unknown as ActiveMember, stored) ?? true,
};
