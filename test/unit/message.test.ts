import { CloudEvent } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { createMessage, readEnvelope, readMessage, versionOf } from '../../shared/messaging/message.ts';
import { memberIdOf, profileChanged, registered } from '../support/builders.ts';

describe('message', () => {
  it.each([registered(), profileChanged()])('is a valid CloudEvent: $type', (message) => {
    // The constructor validates against the specification's JSON schema.
    const event = new CloudEvent(JSON.parse(JSON.stringify(message)));
    expect(event.validate()).toBe(true);
    expect(event).toMatchObject({ id: message.id, subject: message.subject, partitionkey: message.subject });
  });

  it('orders sequences by characters as versions are by number', () => {
    const sequences = [1, 9, 10, 99, 100].map((version) => registered(memberIdOf(1), version).sequence ?? '');
    expect(sequences.toSorted()).toEqual(sequences);
    expect(sequences.map((sequence) => versionOf({ id: 'x', sequence }))).toEqual([1, 9, 10, 99, 100]);
  });

  it('is read tolerantly: unknown attributes and fields are ignored', () => {
    const message = registered();
    const body = JSON.stringify({ ...message, somethingnew: 1, data: { ...message.data, shoeSize: 43 } });
    expect(readMessage(readEnvelope(body), [memberRegistered])).toEqual(message);
  });

  it('is refused at its source if its data breaks the contract', () => {
    const data = { ...registered().data, memberId: 'no uuid' };
    expect(() =>
      createMessage(memberRegistered, { id: '1', source: '/s', subject: 's', time: new Date(), data }),
    ).toThrow();
  });
});
