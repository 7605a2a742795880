import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import type { Handlers } from '@rollcall/kit/internal/messaging/handlers';
import type { ReleaseReport } from '@rollcall/kit/internal/messaging/parking';
import { createSubscriber, type SubscriberOptions } from '@rollcall/kit/internal/messaging/subscriber';
import { InMemorySubscriberStore } from '@rollcall/kit/testing';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberIdOf, TIME } from './builders.ts';

const contracts = [memberRegistered, memberProfileChanged, memberDeactivated];
/** The member of the tests. */
export const member = memberIdOf(1);

export const MINUTE = 60_000;

/** Creates a subscriber with a table in memory. The test advances the subscriber's clock. */
export function subscriber(
  handlers: Handlers<(typeof contracts)[number]> = {},
  joinsLate = false,
  more: Partial<
    Pick<
      SubscriberOptions<MessageContract>,
      'sender' | 'unordered' | 'channel' | 'read' | 'senderPrefix' | 'mayReplyOn'
    >
  > = {},
) {
  const store = new InMemorySubscriberStore();
  let ids = 0;
  let at = TIME.getTime();
  const kit = createSubscriber({
    store,
    queueName: 'test.fifo',
    joinsLate,
    contracts,
    channel: { senders: { anyServiceOf: 'rollcall' }, messages: contracts },
    handlers,
    now: () => new Date(at),
    newId: () => `owner-${++ids}`,
    random: () => 0,
    ...more,
  });
  const delivery = (body: string, receives = 1, senderId?: string) => ({
    body,
    receives,
    queueMessageId: 'q1',
    senderId,
  });
  return {
    store,
    kit,
    apply: (message: object, receives = 1, senderId?: string) =>
      kit.apply(delivery(JSON.stringify(message), receives, senderId)),
    parkDeadLetter: (message: object, cause: 'died' | 'undelivered') =>
      kit.parkDeadLetter(delivery(JSON.stringify(message), 10), cause),
    hold: (message: object, because: string) => kit.hold(delivery(JSON.stringify(message)), because),
    isSuspect: (message: object, receives: number) => kit.isSuspect(delivery(JSON.stringify(message), receives)),
    redrive: (released = true) => kit.redrive([member], () => true, released),
    discard: (version: number) => kit.discard({ aggregateId: member, version }, 'test'),
    raw: (body: string) => kit.apply(delivery(body)),
    async sweep(mayContinue = () => true, isOff = false) {
      const totals = { applied: 0, waiting: 0, forPerson: 0, errors: [] as unknown[] };
      const add = ({ applied, waiting, forPerson, version, error }: ReleaseReport) => {
        totals.applied += applied;
        totals.waiting += waiting;
        totals.forPerson += forPerson;
        if (error) totals.errors.push(`${version} ${error}`);
      };
      await kit.sweep(mayContinue, add, async () => isOff);
      return totals;
    },
    pass: (ms: number) => {
      at += ms;
    },
    versions: () => store.effects.map(({ version }) => version),
    parked: () => [...store.waiting.values()].map(({ version, reason }) => `${version} ${reason}`),
  };
}

export const parkedFirst = (store: InMemorySubscriberStore) => store.waiting.get(`${member}#1#${member}/1`);

/** Creates handlers that fail for registrations while `broken` is true. */
export function breakable(error: Error, broken: boolean) {
  const service = {
    broken,
    error,
    handlers: {
      'rollcall.member.registered.v1': () => {
        if (service.broken) throw service.error;
        return {};
      },
    } satisfies Handlers<(typeof contracts)[number]>,
  };
  return service;
}
