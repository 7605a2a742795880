import type { Audit, Cause } from '@rollcall/kit/http/audit';
import { etag, evaluate, type Preconditions } from '@rollcall/kit/http/conditions';
import { busy, notFound, Problem } from '@rollcall/kit/http/problems';
import type { ProfileChange, Registration } from '../../shared/contracts/member.ts';
import { kindOf } from '../../shared/contracts/problem.ts';
import type { Admission } from './admission.ts';
import { type ActiveMember, type CommandContext, changeProfile, deactivate, fingerprint, register } from './member.ts';
import type { MemberStore, PhoneGuard, PhoneMark } from './store.ts';

export interface MembersOptions {
  store: MemberStore;
  admission: Pick<Admission, 'admitPhone' | 'refuseSpentPhone'>;
  audit: Audit;
  now: () => Date;
  newId: () => string;
}

/** Others changed the member, or took the phone and left it, between our read and our write: the caller need not know. */
const ATTEMPTS = 5;

const isMark = (held: PhoneGuard | PhoneMark): held is PhoneMark => 'leftAt' in held;

/** @throws {Problem} unless a registration is the repetition of one that holds the phone */
function requireSame(held: PhoneGuard, { idempotencyKey, fingerprint }: PhoneGuard): void {
  if (!idempotencyKey || held.idempotencyKey !== idempotencyKey) {
    throw new Problem(kindOf('phone-taken'), 'A member with this phone is registered already.');
  }
  if (held.fingerprint !== fingerprint) {
    throw new Problem('idempotency-key-reused', 'This Idempotency-Key came with another body before.');
  }
}

/** The use cases of registration, whatever protocol asks for them. */
export function createMembers({ store, admission, audit, now, newId }: MembersOptions) {
  const occasion = (cause: Cause): CommandContext => ({ ...cause, now: now(), newId });

  async function findActive(id: string): Promise<ActiveMember> {
    const member = await store.find(id);
    if (member?.status !== 'active') throw notFound(`member ${id}`);
    return member;
  }

  return {
    /**
     * The same idempotency key with the same registration gets the same answer, for a token of the phone's bucket.
     * @throws {Problem} also 429: whatever the first transaction of a registration finds of its phone costs a token
     */
    async register(
      registration: Registration,
      country: string | undefined,
      idempotencyKey: string | undefined,
      cause: Cause,
    ): Promise<{ member: ActiveMember; replayed: boolean }> {
      await admission.refuseSpentPhone(registration.phone);
      const [id, at] = [newId(), occasion(cause)];
      let left: PhoneMark | undefined;
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        // Only what refuses the first transaction shows a mark: a phone that nobody held costs no more than that one.
        const isReturning = left?.returningUntil !== undefined && left.returningUntil * 1000 > at.now.getTime();
        const { member, row } = register(id, registration, at, { country, returning: isReturning });
        const guard: PhoneGuard = {
          holder: id,
          registeredAt: member.registeredAt,
          fingerprint: fingerprint(registration),
          ...(idempotencyKey && { idempotencyKey }),
        };
        const held = await store.insert(member, guard, row, left);
        if (!held) {
          audit({ action: 'register', member: id }, cause);
          return { member, replayed: false };
        }
        if (attempt === 1) await admission.admitPhone(registration.phone);
        if (!isMark(held)) {
          requireSame(held, guard);
          return { member: { ...member, id: held.holder, registeredAt: held.registeredAt }, replayed: true };
        }
        left = held;
      }
      throw busy('Others register with this phone, and leave. Try again.');
    },

    read: findActive,

    async change(id: string, conditions: Preconditions, change: ProfileChange, cause: Cause): Promise<ActiveMember> {
      const before = await findActive(id);
      evaluate(conditions, etag(before.version), false);
      const { member, row } = changeProfile(before, change, occasion(cause));
      if (!(await store.change(member, row))) {
        throw new Problem('version-mismatch', 'The member was changed at the same moment. Read it again.');
      }
      audit({ action: 'change', member: id }, cause);
      return member;
    },

    /** Of a member who was deactivated before, nothing is left to do. */
    async deactivate(id: string, conditions: Preconditions, cause: Cause): Promise<void> {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const before = await store.find(id);
        if (!before) throw notFound(`member ${id}`);
        if (before.status === 'deactivated') return;
        evaluate(conditions, etag(before.version), false);
        const { member, row } = deactivate(before, occasion(cause));
        if (!(await store.deactivate(member, before.phone, row))) continue;
        audit({ action: 'deactivate', member: id }, cause);
        return;
      }
      throw busy('The member is being changed by others. Try again.');
    },
  };
}
