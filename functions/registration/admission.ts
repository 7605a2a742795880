import type { Pseudonym } from '../../shared/aws/pseudonyms.ts';
import type { Mode } from '../../shared/config/capabilities.ts';
import type { RegistrationLimits } from '../../shared/config/registration-limits.ts';
import { callerOf } from '../../shared/http/caller.ts';
import { Problem } from '../../shared/http/problems.ts';
import { requireToken } from '../../shared/http/rate-limit.ts';
import type { TokenBuckets } from '../../shared/resilience/token-bucket.ts';

export interface AdmissionOptions {
  buckets: Pick<TokenBuckets, 'take'>;
  limits: RegistrationLimits;
  /** Of phones and addresses, in keys. */
  pseudonym: Pseudonym;
  mode: () => Promise<Mode<'registration'>>;
}

const READ_ONLY_SECONDS = '30';

/** Who may register or change something now. */
export function createAdmission({ buckets, limits, pseudonym, mode }: AdmissionOptions) {
  return {
    /** @returns headers that tell the caller what is left. @throws {Problem} 429 */
    async admitCaller(sourceIp: string): Promise<Record<string, string>> {
      const caller = await pseudonym(callerOf(sourceIp));
      return requireToken('caller', limits.caller, await buckets.take(`caller#${caller}`, limits.caller));
    },

    /** @throws {Problem} 429 */
    async admitPhone(phone: string): Promise<void> {
      requireToken('phone', limits.phone, await buckets.take(`phone#${await pseudonym(phone)}`, limits.phone));
    },

    /** @throws {Problem} 503 while registration is switched to reading only */
    async admitChange(): Promise<void> {
      if ((await mode()) === 'on') return;
      throw new Problem('read-only', 'Nothing can be changed for the moment. Try again later.', {
        headers: { 'retry-after': READ_ONLY_SECONDS },
      });
    },
  };
}
