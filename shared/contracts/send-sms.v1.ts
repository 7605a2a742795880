import { command, inProtobuf } from '@rollcall/kit/contracts';
import * as z from 'zod';
import { localeTag, memberId } from './fields.ts';
import { SendSmsSchema } from './generated/rollcall/messages/v1/messages_pb.ts';

export const sendSms = command(
  'rollcall.sms.send.v1',
  z
    .object({
      memberId,
      texts: z
        .record(localeTag, z.string().min(1).max(1600))
        .refine((texts) => texts.en !== undefined, {
          error: 'must have an English text, which is used for all other languages',
        })
        .meta({ description: "The text by BCP 47 tag; the best match for the member's locale is sent." }),
    })
    .meta({
      description:
        'Send an SMS to a member. The SMS service stores the phone and language of each member. There is no reply.',
      examples: [
        {
          memberId: '01999999-0000-7000-8000-000000000001',
          texts: { en: 'You redeemed 40 points.', es: 'Has canjeado 40 puntos.' },
        },
      ],
    }),
  { subjectField: 'memberId', formats: [/* @__PURE__ */ inProtobuf(SendSmsSchema)] },
);
