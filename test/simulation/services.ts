import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SenderRules } from '@rollcall/kit/contracts/channel';
import type { MessageContract } from '@rollcall/kit/contracts/contract';
import type { Handlers } from '@rollcall/kit/messaging/applier';
import type { Correspondence } from '@rollcall/kit/messaging/correspondence';
import { contracts as guideContracts, JOURNEY, journeyHandlers } from '../../functions/guide/journey.ts';
import { contracts as accountContracts, accountHandlers } from '../../functions/points/account.ts';
import { contracts as pointsContracts, commandHandlers as pointsHandlers } from '../../functions/points/commands.ts';
import { ACCOUNT } from '../../functions/points/ledger.ts';
import { createOperationsStore } from '../../functions/registration/operations-store.ts';
import { outcomeHandlers } from '../../functions/registration/outcomes.ts';
import { replyHandlers } from '../../functions/registration/replies.ts';
import { contracts as smsContracts, commandHandlers as smsHandlers } from '../../functions/sms/commands.ts';
import type { SendText } from '../../functions/sms/texting.ts';
import { CONTACT, welcomeHandlers } from '../../functions/sms/welcome.ts';
import type { Capability } from '../../shared/config/capabilities.ts';
import {
  memberEvents,
  pointsCommands,
  registrationOutcomes,
  registrationReplies,
  smsCommands,
} from '../../shared/contracts/channels.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';

/** What a member gets for registering, and what a redemption takes: there is enough for one. */
export const BONUS = 100;
export const REDEEMED = 60;

export const MEMBERS = 'members';
export const OUTBOX = 'outbox';

export interface Surroundings {
  client: DynamoDBDocumentClient;
  now: () => Date;
  newId: () => string;
  correspondence: Correspondence;
  sendText: SendText;
}

/** What consumes a queue of messages: as the handler file of the service wires it. */
export interface Service {
  /** Of its queue and its table. */
  name: string;
  /** In the sources of its messages. */
  source: string;
  capability?: Capability;
  channel: SenderRules & { kind: 'topic' | 'queue' };
  /** Whether its queue is a FIFO queue. */
  ordered: boolean;
  cursorKey: string;
  contracts: readonly MessageContract[];
  /** How messages are told from their copies: by version, if nothing is said. */
  mode?: 'unordered' | 'idempotent';
  handlers: (own: Surroundings) => Handlers<never>;
}

/** One that takes events, besides the SMS service, and has a few subscribers of its kind. */
const guide = (name: string): Service => ({
  ...{ name, source: name, capability: 'guide', channel: memberEvents, ordered: true, cursorKey: JOURNEY },
  contracts: guideContracts,
  handlers: journeyHandlers,
});

/** The SMS service has not moved yet: it reads registrations in their first rendition only. */
const firstRendition = [memberRegistered, memberProfileChanged, memberDeactivated];

export const services = {
  sms: {
    ...{ name: 'sms', source: 'sms', capability: 'sms', channel: memberEvents, ordered: true, cursorKey: CONTACT },
    contracts: firstRendition,
    handlers(own) {
      const { [memberRegisteredV2.type]: registered, ...others } = welcomeHandlers({
        ...own,
        pseudonym: async (phone) => `pseudonym of ${phone.length}`,
      });
      return { ...others, [memberRegistered.type]: registered } as Handlers<never>;
    },
  },
  guide: guide('guide'),
  late: guide('late'),
  points: {
    ...{ name: 'points', source: 'points', capability: 'points', channel: memberEvents, ordered: true },
    cursorKey: ACCOUNT,
    contracts: accountContracts,
    handlers: (own) => accountHandlers({ ...own, bonus: async () => ({ points: BONUS, oncePerPhone: true }) }),
  },
  pointsCommands: {
    ...{ name: pointsCommands.name, source: 'points', capability: 'points', channel: pointsCommands, ordered: true },
    cursorKey: 'commands',
    contracts: pointsContracts,
    handlers: (own) => pointsHandlers({ ...own, pointsTable: 'points' }),
  },
  smsCommands: {
    ...{ name: smsCommands.name, source: 'sms', capability: 'sms', channel: smsCommands, ordered: false },
    cursorKey: 'command',
    contracts: smsContracts,
    mode: 'unordered',
    handlers: (own) => smsHandlers({ ...own, contactsTable: 'sms' }),
  },
  replies: {
    ...{ name: registrationReplies.name, source: 'registration', channel: registrationReplies, ordered: false },
    cursorKey: 'reply',
    contracts: registrationReplies.messages,
    mode: 'idempotent',
    handlers: ({ client }) =>
      replyHandlers({
        client,
        membersTable: MEMBERS,
        store: createOperationsStore({ client, membersTable: MEMBERS, outboxTable: OUTBOX }),
      }),
  },
  outcomes: {
    ...{ name: registrationOutcomes.name, source: 'registration', channel: registrationOutcomes, ordered: false },
    cursorKey: 'reply',
    contracts: registrationOutcomes.messages,
    mode: 'idempotent',
    handlers: ({ client, now, newId }) =>
      outcomeHandlers({
        ...{ now, newId },
        store: createOperationsStore({ client, membersTable: MEMBERS, outboxTable: OUTBOX }),
      }),
  },
} satisfies Record<string, Service>;
