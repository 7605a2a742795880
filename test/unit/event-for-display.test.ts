import { createMessage, encodeMessage } from '@rollcall/kit/internal/messaging/message';
import { eventForDisplay } from 'rollcall/internal/stage/event-for-display';
import { describe, expect, it } from 'vitest';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { sendSms } from '../../shared/contracts/send-sms.v1.ts';
import { memberIdOf, registered, TIME } from '../support/builders.ts';

const decoded = (body: string) => eventForDisplay(body, [sendSms, memberRegistered]);
const data = { memberId: memberIdOf(1), texts: { en: 'hi' } };
const header = { id: 'm1', source: '/test', subject: memberIdOf(1), time: TIME };
const sms = encodeMessage(sendSms, createMessage(sendSms, { ...header, data, format: 'application/protobuf' }));

describe('a displayed message', () => {
  it('has decoded data, whether it was Protobuf, JSON in bytes, or plain JSON', () => {
    expect(decoded(sms)).toMatchObject({ id: 'm1', datacontenttype: 'application/protobuf', data });
    expect(decoded(sms)).not.toHaveProperty('data_base64');
    const bytes = Buffer.from(JSON.stringify(registered().data)).toString('base64');
    const inBytes = { ...registered(), data: undefined, data_base64: bytes };
    expect(decoded(JSON.stringify(inBytes))).toEqual(registered());
    const newer = { ...registered(), data: { ...registered().data, shoeSize: 43 } };
    expect(decoded(JSON.stringify(newer))).toEqual(newer);
  });

  it('is unchanged if it cannot be read', () => {
    const broken = { ...JSON.parse(sms), data_base64: '//8=' };
    expect(decoded(JSON.stringify(broken))).toEqual(broken);
    const unknown = { ...JSON.parse(sms), type: 'rollcall.nothing.v1' };
    expect(decoded(JSON.stringify(unknown))).toEqual(unknown);
    expect(decoded('{"data_base64":7}')).toEqual({ data_base64: 7 });
    expect(eventForDisplay(sms)).toEqual(JSON.parse(sms));
    expect([decoded('{'), decoded('7')]).toEqual([undefined, undefined]);
  });
});
