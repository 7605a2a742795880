import { createDynamoDB, jsonOf, readEnvironment, text } from '@rollcall/kit/aws';
import { tokenScopes } from '@rollcall/kit/contracts';
import { createSubscribers } from '@rollcall/kit/discovery';
import { pathOf } from '@rollcall/kit/http';
import type { Logger } from '@rollcall/kit/observability';
import { createSwitches, createTokenBuckets } from '@rollcall/kit/resilience';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import type { capabilities } from '../../shared/config/capabilities.ts';
import { registrationLimits } from '../../shared/config/registration-limits.ts';
import { memberEvents } from '../../shared/contracts/channels.ts';
import { createMemberAccess } from '../../shared/member-access.ts';
import { createPseudonym } from '../../shared/pseudonyms.ts';
import { createAdmission } from './admission.ts';
import { createAudit } from './audit.ts';
import { createMembers } from './members.ts';
import { createMemberStore } from './store.ts';

/** Creates the use cases of the registration service on its tables, independent of the protocol. */
export function createServices({ logger }: { logger: Logger }) {
  const environment = readEnvironment(
    z.object({
      MEMBERS_TABLE: text,
      OUTBOX_TABLE: text,
      SWITCHES_TABLE: text,
      LIMITS_TABLE: text,
      LIMITS: jsonOf(registrationLimits),
      SCOPES: jsonOf(tokenScopes),
      PSEUDONYMS_SECRET: text,
      PHONES_REMEMBERED_DAYS: jsonOf(z.int().nullable()),
      DIRECTORY: text,
      BASE_PATH: z.string().default(''),
    }),
  );
  const { MEMBERS_TABLE, OUTBOX_TABLE, SWITCHES_TABLE, LIMITS_TABLE, LIMITS, SCOPES } = environment;
  const client = createDynamoDB();
  const now = () => new Date();
  const audit = createAudit(logger);
  const subscribersOf = createSubscribers(environment.DIRECTORY);
  const pseudonym = createPseudonym(environment.PSEUDONYMS_SECRET, now);
  const switches = createSwitches<typeof capabilities>({
    client,
    tableName: SWITCHES_TABLE,
    now,
    logger,
  });
  const admission = createAdmission({
    buckets: createTokenBuckets({ client, tableName: LIMITS_TABLE, now }),
    limits: LIMITS,
    pseudonym,
    mode: () => switches.mode('registration'),
  });
  return {
    /** The dependencies of use cases that only some functions have, such as redemptions. */
    dependencies: { client, MEMBERS_TABLE, OUTBOX_TABLE, audit, now, newId },
    limits: LIMITS,
    admission,
    memberAccess: createMemberAccess(SCOPES),
    /**
     * Returns a path for the headers `Location` and `Link`. The path includes the API's base path, because clients
     * resolve the path against the request's URL (RFC 9110, 10.2.2; RFC 8288, 3.1).
     */
    locationOf: (...[route, parameters]: Parameters<typeof pathOf>) =>
      `${environment.BASE_PATH}${pathOf(route, parameters)}`,
    members: createMembers({
      store: createMemberStore({
        ...{ client, membersTable: MEMBERS_TABLE, outboxTable: OUTBOX_TABLE },
        pseudonym,
        phoneLimit: LIMITS.phone,
        phonesRememberedDays: environment.PHONES_REMEMBERED_DAYS,
        subscribers: () => subscribersOf(memberEvents.name),
      }),
      admission,
      audit,
      now,
      newId,
    }),
  };
}
