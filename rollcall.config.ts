import { defineApp } from 'rollcall/app';
import { APPLICATION } from './ops/application.ts';
import { cost } from './ops/cli/cost.ts';
import { limits } from './ops/cli/limits.ts';
import { member } from './ops/cli/member.ts';
import { consoleParts } from './ops/console/parts.ts';
import { EVERY_MEMBER } from './ops/every-member.ts';
import { members } from './ops/members/aggregates.ts';
import { smsSandbox } from './ops/sms-sandbox/sandbox.ts';
import about from './package.json' with { type: 'json' };
import { profiles } from './shared/config/capabilities.ts';
import { confirmErasure } from './shared/confirm-erasure.ts';
import { channels, memberEvents, registrationReplies } from './shared/contracts/channels.ts';
import { memberDeactivated } from './shared/contracts/member-deactivated.v1.ts';

export default defineApp({
  name: APPLICATION,
  aggregate: { en: ['member', 'members'], zh: ['会员', '会员'] },
  version: about.version,
  messages: channels.flatMap(({ messages }) => messages),
  profiles,
  aggregates: [members],
  subscribers: {
    [memberEvents.name]: { sends: [registrationReplies], handlers: { [memberDeactivated.type]: confirmErasure } },
  },
  operatorScope: EVERY_MEMBER.scope,
  commands: [limits, cost, member],
  console: consoleParts,
  beside: ({ port }) => [smsSandbox({ port: port && port + 10 })],
  firstSteps: ({ apiUrl }) => `Register a member:

  curl -i ${apiUrl}/v1/members -H 'content-type: application/json' -d '{"phone":"+34612345678","name":"Lucía","locale":"es"}'

The response links to the member's points and guide. Reading them requires a token: npm run --silent ops -- token
The SMS is in the SMS sandbox.`,
});
