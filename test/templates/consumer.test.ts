import { Consumer } from '@rollcall/cdk/internal/consumer';
import { defineConsumer } from '@rollcall/kit/internal/contracts/consumer';
import { Stack } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { eventConsumer } from '../../functions/guide/events.consumer.ts';

const made = (consumer: object) => () => new Consumer(new Stack(), 'Consumer', { consumer } as never);

it('refuses to synthesize a consumer whose descriptor does not fit together', () => {
  expect(made(defineConsumer('guide', { ...eventConsumer, reads: [] }))).toThrow(
    'consumer guide: it does not read rollcall.member.registered.v1 of member-events',
  );
});

it('refuses to take a topic for a queue', () => {
  expect(made(eventConsumer)).toThrow('consumer guide: member-events is a topic: make it a Subscriber');
});
