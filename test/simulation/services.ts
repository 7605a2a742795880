import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ConsumerDescriptor } from '@rollcall/kit/internal/contracts/consumer';
import type { Correspondence } from '@rollcall/kit/internal/messaging/correspondence';
import type { Handlers } from '@rollcall/kit/internal/messaging/handlers';
import { createProcess } from '@rollcall/kit/internal/messaging/process';
import { eventConsumer as guideEvents } from '../../functions/guide/events.consumer.ts';
import { journeyHandlers } from '../../functions/guide/journey.ts';
import { accountHandlers } from '../../functions/points/account.ts';
import { commandConsumer as pointsCommands } from '../../functions/points/commands.consumer.ts';
import { commandHandlers as pointsHandlers } from '../../functions/points/commands.ts';
import { eventConsumer as pointsEvents } from '../../functions/points/events.consumer.ts';
import { createOperationsErasure } from '../../functions/registration/operations-erasure.ts';
import { operationStorage } from '../../functions/registration/operations-store.ts';
import { outcomeConsumer } from '../../functions/registration/outcomes.consumer.ts';
import { redemptionProcess } from '../../functions/registration/redemption.process.ts';
import { replyConsumer } from '../../functions/registration/replies.consumer.ts';
import { replyHandlers } from '../../functions/registration/replies.ts';
import { commandConsumer as smsCommands } from '../../functions/sms/commands.consumer.ts';
import { commandHandlers as smsHandlers } from '../../functions/sms/commands.ts';
import { eventConsumer as smsEvents } from '../../functions/sms/events.consumer.ts';
import type { SendText } from '../../functions/sms/texting.ts';
import { welcomeHandlers } from '../../functions/sms/welcome.ts';
import type { Capability } from '../../shared/config/capabilities.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';

/** The points that a member gets for the registration. They are enough for one redemption, but not for two. */
export const BONUS = 100;
/** The points that each redemption takes. */
export const REDEEMED = 60;

export const MEMBERS = 'members';
export const OUTBOX = 'outbox';

export interface ServiceContext {
  client: DynamoDBDocumentClient;
  now: () => Date;
  newId: () => string;
  correspondence: Correspondence;
  sendText: SendText;
}

/** A consumer with its handlers, which are created the way the service's handler file creates them. */
export interface Service extends ConsumerDescriptor {
  readonly capability?: Capability;
  readonly handlers: (context: ServiceContext) => Handlers<never>;
}

const service = (consumer: ConsumerDescriptor, handlers: Service['handlers']): Service =>
  ({ ...consumer, handlers }) as Service;

/** Returns how a consumer recognizes duplicates. */
export const modeOf = ({ of, idempotent }: Service): 'ordered' | 'unordered' | 'idempotent' =>
  idempotent ? 'idempotent' : of.ordered ? 'ordered' : 'unordered';

/**
 * The messages that the simulated SMS service reads. Like a reader that has not migrated yet, it reads only the first
 * of the two renditions of a registration.
 */
const firstRendition = [memberRegistered, memberProfileChanged, memberDeactivated];

export const services = {
  sms: service({ ...smsEvents, reads: firstRendition }, (context) => {
    const { [memberRegisteredV2.type]: registered, ...others } = welcomeHandlers({
      ...context,
      pseudonym: async (phone) => `pseudonym of ${phone.length}`,
    });
    return { ...others, [memberRegistered.type]: registered } as Handlers<never>;
  }),
  guide: service(guideEvents, journeyHandlers),
  /** Another consumer of events, which may join late. */
  late: service({ ...guideEvents, name: 'late', source: '/rollcall/late' }, journeyHandlers),
  points: service(pointsEvents, (context) =>
    accountHandlers({ ...context, bonus: async () => ({ points: BONUS, oncePerPhone: true }) }),
  ),
  pointsCommands: service(pointsCommands, (context) => pointsHandlers({ ...context, pointsTable: 'points' })),
  smsCommands: service(smsCommands, (context) => smsHandlers({ ...context, contactsTable: 'sms' })),
  replies: service(replyConsumer, ({ client }) =>
    replyHandlers({
      client,
      membersTable: MEMBERS,
      eraseOperationsOf: createOperationsErasure({ client, membersTable: MEMBERS }),
    }),
  ),
  outcomes: service(
    outcomeConsumer,
    (context) =>
      createProcess(
        redemptionProcess,
        operationStorage({ ...context, MEMBERS_TABLE: MEMBERS, OUTBOX_TABLE: OUTBOX }),
      ).handlers(outcomeConsumer) as Handlers<never>,
  ),
};
