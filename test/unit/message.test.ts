import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import {
  createMessage,
  encodeMessage,
  isOtherRendition,
  positionOf,
  readEnvelope,
  readMessage,
  versionOf,
} from '@rollcall/kit/internal/messaging/message';
import { outgoing } from '@rollcall/kit/internal/messaging/outgoing';
import { CloudEvent } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { inEveryFormat } from '../../shared/contracts/every-format.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { sendSms } from '../../shared/contracts/send-sms.v1.ts';
import { memberIdOf, profileChanged, registered, TIME } from '../support/builders.ts';

const header = { id: 'm1', source: '/test', subject: memberIdOf(1), time: TIME };
const sms = (text: string, format?: 'application/protobuf') =>
  createMessage(sendSms, {
    ...header,
    data: { memberId: memberIdOf(1), texts: { en: text } },
    ...(format && { format }),
  });
const registeredV2 = () => readMessage({ ...registered(), type: memberRegistered.type }, [memberRegisteredV2]);

describe('message', () => {
  it.each([registered(), profileChanged(), sms('hi'), sms('hi', 'application/protobuf')])(
    'is a valid CloudEvent: $type as $datacontenttype',
    (message) => {
      const body = message.type === sendSms.type ? encodeMessage(sendSms, message) : JSON.stringify(message);
      // The constructor validates against the specification's JSON schema.
      const event = new CloudEvent(JSON.parse(body));
      expect(event.validate()).toBe(true);
      expect(event).toMatchObject({ id: message.id, subject: message.subject, partitionkey: message.subject });
    },
  );

  it('has sequences that sort as strings in the order of their versions', () => {
    const sequences = [1, 9, 10, 99, 100].map((version) => registered(memberIdOf(1), version).sequence ?? '');
    expect(sequences.toSorted()).toEqual(sequences);
    expect(sequences.map((sequence) => versionOf({ id: 'x', sequence }))).toEqual([1, 9, 10, 99, 100]);
  });

  it('has a position: its subject and version or, on an unordered channel, its own ID and 1', () => {
    expect(positionOf(profileChanged(memberIdOf(1), 7), false)).toEqual({ aggregateId: memberIdOf(1), version: 7 });
    expect(positionOf(sms('hi'), true)).toEqual({ aggregateId: 'm1', version: 1 });
    expect(() => positionOf(sms('hi'), false)).toThrow('has no version');
  });

  it('is refused at its sender if its data violates the contract', () => {
    const data = { ...registered().data, memberId: 'no uuid' };
    expect(() => createMessage(memberRegistered, { ...header, data })).toThrow();
    const subject = memberIdOf(2);
    expect(() => createMessage(memberRegistered, { ...header, subject, data: registered().data })).toThrow(
      'its subject is not the memberId of its data',
    );
  });

  it('is refused at its sender if it is too large for its channel', () => {
    const large = createMessage(memberRegistered, {
      ...header,
      version: 1,
      data: { ...registered().data, name: 'x'.repeat(256 * 1024) },
    });
    expect(() => outgoing('member-events', memberRegistered, large)).toThrow(
      /^message m1 of type rollcall.member.registered.v1 has \d+ bytes; at most 262144 bytes are accepted\. Data of up to 8 MB can be stored apart /,
    );
  });
});

describe('a reader', () => {
  const body = (change: object, data: object = {}) =>
    JSON.stringify({ ...registered(), data: { ...registered().data, ...data }, ...change });
  const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64');
  const inBase64 = (bytes: string | Buffer) => body({ data: undefined, data_base64: base64(bytes) });
  const inFormat = (datacontenttype: string, change: object = {}) =>
    body({ type: memberRegisteredV2.type, datacontenttype, ...change });
  const read = (text: string, contracts: readonly MessageContract[] = [memberRegistered]) =>
    readMessage(readEnvelope(text), contracts);

  it('ignores unknown attributes and fields, which a newer minor version may add', () => {
    expect(read(body({ somethingnew: 1 }, { shoeSize: 43 }))).toEqual(registered());
  });

  it('uses the default for an optional field that is missing', () => {
    const newer = { ...memberRegistered, data: memberRegistered.data.extend({ tier: z.string().default('basic') }) };
    expect(read(body({}), [newer]).data).toMatchObject({ tier: 'basic' });
  });

  it('names the field that is missing', () => {
    expect(() => read(body({}, { phone: undefined }))).toThrow(
      /violates rollcall.member.registered.v1: phone .*expected string/,
    );
  });

  it.each([
    [
      'an unknown major version',
      body({ type: 'rollcall.member.registered.v9' }),
      'unknown type rollcall.member.registered.v9',
    ],
    [
      'a content type that no codec handles',
      body({ datacontenttype: 'application/xml' }),
      'no codec for application/xml',
    ],
    ['a content type that is not a media type', body({ datacontenttype: 'json' }), 'no codec for json'],
    ['a format that the contract does not have', body({ datacontenttype: 'application/protobuf' }), 'no codec for'],
    ['Protobuf without bytes', inFormat('application/protobuf'), 'data_base64 is missing'],
    ['XML without text', inFormat('application/xml'), 'it has neither text in data nor data_base64'],
    ['data twice', body({ data_base64: base64('{}') }), 'it has both data and data_base64'],
    ['bytes that are not Base64', body({ data: undefined, data_base64: '{}' }), 'data_base64 is not Base64'],
    ['a number in place of bytes', body({ data: undefined, data_base64: 7 }), 'data_base64 is not Base64'],
    ['bytes that are not JSON', inBase64('{"phone":'), 'data_base64 is not JSON in UTF-8'],
    [
      'bytes that are not UTF-8',
      inBase64(Buffer.from('{"name":"Ana\xed"}', 'latin1')),
      'data_base64 is not JSON in UTF-8',
    ],
    ['JSON in a JSON string', body({ data: JSON.stringify(registered().data) }), 'expected object, received string'],
    [
      'malformed Protobuf',
      inFormat('application/protobuf', { data: undefined, data_base64: '//8=' }),
      'is not valid application/protobuf of rollcall.member.registered.v2',
    ],
    ['no data', JSON.stringify({ ...registered(), data: undefined }), 'violates rollcall.member.registered.v1'],
    ['data about another subject', body({ subject: memberIdOf(2) }), 'its subject is not the memberId of its data'],
    ['no JSON', '{', 'message is not JSON'],
    ['no CloudEvent', '{"specversion":"0.3"}', 'message is not a CloudEvent: specversion'],
  ])('refuses %s', (_, text, why) => {
    expect(() => read(text, [memberRegistered, inEveryFormat(memberRegisteredV2)])).toThrow(why);
  });

  it('reads the same message from JSON and from Protobuf', () => {
    const { datacontenttype: _, ...inJson } = sms('hi');
    const { datacontenttype: __, ...inProtobuf } = read(encodeMessage(sendSms, sms('hi', 'application/protobuf')), [
      sendSms,
    ]);
    expect(inProtobuf).toEqual(inJson);
    expect(read(encodeMessage(sendSms, sms('hi')), [sendSms])).toEqual(sms('hi'));
  });

  it('reads JSON from bytes, because the attribute `data_base64`, not the media type, determines the encoding', () => {
    expect(read(inBase64(JSON.stringify(registered().data)))).toEqual(registered());
  });

  it.each(['Application/JSON', 'text/json', 'application/vnd.rollcall+json', 'application/json; charset="utf-8;x"'])(
    'reads %s as JSON, in `data` and in bytes',
    (datacontenttype) => {
      expect(read(body({ datacontenttype })).data).toEqual(registered().data);
      const bytes = base64(JSON.stringify(registered().data));
      expect(read(body({ datacontenttype, data: undefined, data_base64: bytes })).data).toEqual(registered().data);
    },
  );

  it('treats an attribute that is null as missing', () => {
    const { traceparent: _, ...expected } = registered();
    expect(read(body({ traceparent: null, replyto: null, datacontenttype: null, data_base64: null }))).toEqual(
      expected,
    );
  });

  it('does not quote bytes that it cannot read', () => {
    expect(() => read(inBase64('{"phone":"+34612345678"'))).toThrow(/^(?!.*346)/);
  });

  it('reads an older major version through the upcaster', () => {
    expect(read(body({}, { name: 'Ana María Gil' }), [memberRegisteredV2])).toMatchObject({
      type: memberRegisteredV2.type,
      data: { givenName: 'Ana María', familyName: 'Gil', displayName: 'Ana María Gil', locale: 'es' },
    });
    expect(read(body({}, { name: '李小龙' }), [memberRegisteredV2])).toMatchObject({
      data: { givenName: '李小龙', familyName: '', displayName: '李小龙' },
    });
  });

  it.each([
    [
      'version 2, beside version 1',
      { ...registeredV2(), alternatetype: memberRegistered.type },
      [memberRegistered],
      true,
    ],
    ['version 2 alone', registeredV2(), [memberRegistered], false],
    [
      'version 1, which it can read directly',
      { ...registered(), alternatetype: memberRegisteredV2.type },
      [memberRegistered],
      false,
    ],
    [
      'version 1, which it can read through its upcaster',
      { ...registered(), alternatetype: memberRegisteredV2.type },
      [memberRegisteredV2],
      false,
    ],
    [
      'an unknown type beside another unknown type',
      { ...registered(), type: 'x', alternatetype: 'y' },
      [memberRegistered],
      false,
    ],
  ])('ignores a rendition if it can read only the other one: %s', (_, message, contracts, isOther) => {
    expect(isOtherRendition(message, contracts)).toBe(isOther);
  });
});
