import { busy, etag, evaluate, notFound, Problem, type preconditions } from '@rollcall/kit/http';
import type { CommandContext } from '@rollcall/kit/messaging';
import type { ProfileChange, Registration } from '../../shared/contracts/member.ts';
import { kindOf } from '../../shared/contracts/problem.ts';
import type { Admission } from './admission.ts';
import type { Audit, Cause } from './audit.ts';
import { type ActiveMember, changeProfile, deactivate, fingerprint, register } from './member.ts';
import type { MemberStore, PhoneGuard, PhoneMark } from './store.ts';

export interface MembersOptions {
  store: MemberStore;
  admission: Pick<Admission, 'admitPhone' | 'refuseSpentPhone'>;
  audit: Audit;
  now: () => Date;
  newId: () => string;
}

/**
 * The maximum number of attempts to register a phone. The first attempt does not know whether the phone has a
 * `PhoneMark`. If it has one, the attempt fails, and returns the mark for the next attempt. A later attempt fails only
 * if other requests register and release the phone in the meantime.
 */
const MAX_ATTEMPTS = 5;
const CHANGING = 'Other requests are changing the member. Try again.';

const isMark = (existing: PhoneGuard | PhoneMark): existing is PhoneMark => 'leftAt' in existing;

/** @throws {Problem} unless the registration repeats the registration that reserved the phone */
function requireSameRegistration(existing: PhoneGuard, { idempotencyKey, fingerprint }: PhoneGuard): void {
  if (!idempotencyKey || existing.idempotencyKey !== idempotencyKey) {
    throw new Problem(kindOf('phone-taken'), 'A member with this phone is registered already.');
  }
  if (existing.fingerprint !== fingerprint) {
    throw new Problem('idempotency-key-reused', 'This Idempotency-Key was already used with another body.');
  }
}

/** Creates the use cases of registration, independent of the protocol. */
export function createMembers({ store, admission, audit, now, newId }: MembersOptions) {
  const contextOf = (cause: Cause): CommandContext => ({ ...cause, now: now(), newId });

  async function findActive(id: string): Promise<ActiveMember> {
    const member = await store.find(id);
    if (member?.status !== 'active') throw notFound(`member ${id}`);
    return member;
  }

  return {
    /**
     * Idempotent by key: a repetition with the same key and registration returns the same member. A registration takes
     * a token from the phone's token bucket if its first transaction finds a `PhoneGuard` or a `PhoneMark`.
     * @throws {Problem} 409 if the phone is in use; 422 if the key was used with another registration; 429 if the
     * phone's token bucket is empty; 503 if other requests keep registering or releasing the phone
     */
    async register(
      registration: Registration,
      country: string | undefined,
      idempotencyKey: string | undefined,
      cause: Cause,
    ): Promise<{ member: ActiveMember; replayed: boolean }> {
      await admission.refuseSpentPhone(registration.phone);
      const [id, context] = [newId(), contextOf(cause)];
      let mark: PhoneMark | undefined;
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
        // Does not read the phone's mark first, because a failed transaction returns it. The registration of a new
        // phone therefore costs a single transaction.
        const isReturning = mark?.returningUntil !== undefined && mark.returningUntil * 1000 > context.now.getTime();
        const decision = register(id, registration, context.now, { country, returning: isReturning });
        const member: ActiveMember = { ...decision.state, version: 1 };
        const guard: PhoneGuard = {
          holder: id,
          registeredAt: member.registeredAt,
          fingerprint: fingerprint(registration),
          ...(idempotencyKey && { idempotencyKey }),
        };
        const existing = await store.insert(decision, guard, context, mark);
        if (!existing) {
          audit({ action: 'register', member: id }, cause);
          return { member, replayed: false };
        }
        if (attempt === 1) await admission.admitPhone(registration.phone);
        if (!isMark(existing)) {
          requireSameRegistration(existing, guard);
          return { member: { ...member, id: existing.holder, registeredAt: existing.registeredAt }, replayed: true };
        }
        mark = existing;
      }
      throw busy('Other requests are registering and releasing this phone. Try again.');
    },

    read: findActive,

    /**
     * @throws {Problem} 404 if there is no such active member; 412 if the member does not match the conditions, for
     * example because a concurrent request changed it; 503 if every attempt conflicted with another change
     */
    async change(
      id: string,
      conditions: ReturnType<typeof preconditions>,
      change: ProfileChange,
      cause: Cause,
    ): Promise<ActiveMember> {
      const context = contextOf(cause);
      const changed = await store.change(
        id,
        (before) => {
          if (before.status !== 'active') throw notFound(`member ${id}`);
          evaluate(conditions, etag(before.version), false);
          return changeProfile(before, change, context.now);
        },
        context,
      );
      if (changed.result === 'missing') throw notFound(`member ${id}`);
      if (changed.result !== 'done') throw busy(CHANGING);
      audit({ action: 'change', member: id }, cause);
      return changed.state as ActiveMember;
    },

    /** Does nothing if the member is already deactivated. */
    async deactivate(id: string, conditions: ReturnType<typeof preconditions>, cause: Cause): Promise<void> {
      const context = contextOf(cause);
      const changed = await store.deactivate(
        id,
        (before) => {
          evaluate(conditions, etag(before.version), false);
          return deactivate(before, context.now);
        },
        context,
      );
      if (changed.result === 'unchanged') return;
      if (changed.result === 'missing') throw notFound(`member ${id}`);
      if (changed.result !== 'done') throw busy(CHANGING);
      audit({ action: 'deactivate', member: id }, cause);
    },
  };
}
