import { Problem, requireToken } from '@rollcall/kit/http';
import type { createTokenBuckets } from '@rollcall/kit/resilience';
import type { Mode } from '../../shared/config/capabilities.ts';
import type { RegistrationLimits } from '../../shared/config/registration-limits.ts';
import type { Pseudonym } from '../../shared/pseudonyms.ts';
import { callerOf } from './caller.ts';

export type Admission = ReturnType<typeof createAdmission>;

export interface AdmissionOptions {
  buckets: Pick<ReturnType<typeof createTokenBuckets>, 'take' | 'knownRefusal'>;
  limits: RegistrationLimits;
  /** Computes the pseudonyms of phones and IP addresses. The keys of token buckets contain the pseudonyms. */
  pseudonym: Pseudonym;
  mode: () => Promise<Mode<'registration'>>;
}

const READ_ONLY_SECONDS = '30';

/** Decides whether a caller may register or change a member now. */
export function createAdmission({ buckets, limits, pseudonym, mode }: AdmissionOptions) {
  const phoneBucket = async (phone: string) => `phone#${await pseudonym(phone)}`;

  return {
    /** @returns rate limit headers for the response. @throws {Problem} 429 */
    async admitCaller(sourceIp: string): Promise<Record<string, string>> {
      const caller = await pseudonym(callerOf(sourceIp));
      return requireToken(
        'registrations',
        'caller',
        limits.caller,
        await buckets.take(`caller#${caller}`, limits.caller),
      );
    },

    /**
     * Takes a token from the phone's token bucket. Called only after the first transaction of a registration found that
     * the phone is in use, or that a member with this phone left. The first registration of a phone therefore takes no
     * token, which saves a write.
     * @throws {Problem} 429
     */
    async admitPhone(phone: string): Promise<void> {
      requireToken('registrations', 'phone', limits.phone, await buckets.take(await phoneBucket(phone), limits.phone));
    },

    /**
     * Called before the transaction of a registration.
     * @throws {Problem} 429 if the phone's token bucket is empty according to this instance's cache
     */
    async refuseSpentPhone(phone: string): Promise<void> {
      const refusal = buckets.knownRefusal(await phoneBucket(phone), limits.phone);
      if (refusal) requireToken('registrations', 'phone', limits.phone, refusal);
    },

    /** @throws {Problem} 503 while registration is switched to read-only */
    async admitChange(): Promise<void> {
      if ((await mode()) === 'on') return;
      throw new Problem('read-only', 'Changes are disabled for now. Try again later.', {
        headers: { 'retry-after': READ_ONLY_SECONDS },
      });
    },
  };
}
