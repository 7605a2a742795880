import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type Handlers, PermanentError, TransientError } from '@rollcall/kit/messaging';
import { closestLocale } from '../../shared/localization.ts';
import type { commandConsumer } from './commands.consumer.ts';
import { CONTACT } from './contact.ts';
import type { SendText } from './texting.ts';

export interface CommandOptions {
  client: DynamoDBDocumentClient;
  /** The table of members' contact data. */
  contactsTable: string;
  sendText: SendText;
}

/** Why an SMS can never be sent to a member. The simulation recognizes this failure by the text. */
export const NO_PHONE = 'has no phone, because the message of its registration was discarded';

/** Handles the commands to the SMS service. */
export function commandHandlers(options: CommandOptions): Handlers<(typeof commandConsumer.reads)[number]> {
  const { client, contactsTable, sendText } = options;
  return {
    async 'rollcall.sms.send.v1'({ id, subject, time, data: { texts } }, { released }) {
      const Key = { pk: subject, sk: CONTACT };
      const { Item } = await client.send(new GetCommand({ TableName: contactsTable, Key, ConsistentRead: true }));
      if (Item?.left) return {};
      if (Item?.version === undefined) throw new TransientError(`the phone of member ${subject} is not known yet`);
      // An operator has discarded the registration's message, so the phone will never be known.
      if (Item.phone === undefined) throw new PermanentError(`member ${subject} ${NO_PHONE}`);
      const text = texts[closestLocale(Item.locale, Object.keys(texts), 'en')] as string;
      const message = { to: Item.phone, country: Item.country, text, idempotencyKey: id };
      return {
        call: async (outcomeUnknown) => ({
          set: { sent: await sendText(message, { requestedAt: new Date(time), released, outcomeUnknown }) },
        }),
      };
    },
  };
}
