import { bundleOf } from '@rollcall/cdk/internal/bundles';
import { Consumer } from '@rollcall/cdk/internal/consumer';
import { defineConsumer } from '@rollcall/kit/internal/contracts/consumer';
import { Stack } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { eventConsumer } from '../../functions/guide/events.consumer.ts';
import { commandConsumer } from '../../functions/points/commands.consumer.ts';

const made = (consumer: object) => () => new Consumer(new Stack(), 'Consumer', { consumer } as never);

it('refuses to synthesize a consumer with an inconsistent descriptor', () => {
  expect(made(defineConsumer('guide', { ...eventConsumer, reads: [] }))).toThrow(
    'consumer guide: it does not read rollcall.member.registered.v1 of member-events',
  );
});

it('refuses a topic instead of a queue', () => {
  expect(made(eventConsumer)).toThrow('consumer guide: member-events is a topic: use the construct Subscriber');
});

it('refuses the handler file of another consumer, and a missing one', () => {
  const entry = 'functions/points/events.handler.ts';
  const queues = { channels: { queue: () => ({}) } };
  const other = () => new Consumer(new Stack(), 'Consumer', { consumer: commandConsumer, entry, ...queues } as never);
  expect(other).toThrow(`consumer points-commands: its entry ${entry} has the handlers of points`);
  expect(() => bundleOf('functions/points/event.handler.ts')).toThrow(
    /^There is no handler file functions\/points\/event\.handler\.ts\. There are: .*functions\/points\/events\.handler\.ts/,
  );
});
