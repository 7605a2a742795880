import { HeldError, PostponedError } from '@rollcall/kit/internal/messaging/errors';
import { messagingErrorOf } from '@rollcall/kit/internal/messaging/remote-errors';
import {
  BulkheadFullError,
  CircuitOpenError,
  NoInstanceError,
  OutOfTimeError,
  RejectedError,
  RemoteError,
  ThrottledError,
  UnavailableError,
} from '@rollcall/kit/internal/resilience/errors';
import { describe, expect, it } from 'vitest';
import { memberIdOf, registered, TIME } from '../support/builders.ts';
import { subscriber } from '../support/test-subscriber.ts';

const later = (ms: number) => new Date(TIME.getTime() + ms);
const noResponse = new UnavailableError('no answer', { outcomeUnknown: true });

describe('a remote call that failed', () => {
  it.each([
    ['an open circuit', new CircuitOpenError('bank', later(40_000)), 'PostponedError', later(40_000)],
    ['a throttled service', new ThrottledError('429', 7_000), 'PostponedError', later(7_000)],
    ['a full bulkhead', new BulkheadFullError('full'), 'PostponedError', later(2_000)],
    ['no instance', new NoInstanceError('none'), 'PostponedError', later(2_000)],
    ['too little time', new OutOfTimeError('late'), 'PostponedError', later(2_000)],
    ['a failure', new UnavailableError('503'), 'TransientError', undefined],
    ['a refusal', new RejectedError('no such account'), 'PermanentError', undefined],
    ['a rule of the handler', new HeldError('limit'), 'HeldError', undefined],
  ])('because of %s is converted to the matching messaging error', (_, error, name, until) => {
    const postponed = messagingErrorOf(error, TIME) as PostponedError;
    expect([postponed.name, postponed.until]).toEqual([name, until]);
  });

  it('has an unknown outcome without a response, also when its circuit opened', () => {
    const opened = new CircuitOpenError('bank', later(40_000), noResponse);
    for (const error of [noResponse, opened, new RemoteError('whatever this is')])
      expect(messagingErrorOf(error, TIME)).toMatchObject({ outcomeUnknown: true, cause: error });
    expect(messagingErrorOf(new UnavailableError('503'), TIME)).toMatchObject({ outcomeUnknown: false });
  });
});

describe('an error of a remote call that a handler does not catch', () => {
  const member = memberIdOf(1);
  const failing = (error: Error) => ({
    'while it decides': () => {
      throw error;
    },
    'while it calls': () => ({
      call: async () => {
        throw error;
      },
    }),
  });
  const applied = async (where: 'while it decides' | 'while it calls', error: Error) => {
    const { apply, store } = subscriber({ [registered(member).type]: failing(error)[where] } as never);
    return { outcome: await apply(registered(member)).catch((thrown: Error) => thrown), store };
  };

  it.each(['while it decides', 'while it calls'] as const)(
    '%s: postpones the message if a circuit is open',
    async (where) => {
      const { outcome } = await applied(where, new CircuitOpenError('bank', later(40_000)));
      expect(outcome).toBeInstanceOf(PostponedError);
    },
  );

  it.each(['while it decides', 'while it calls'] as const)(
    '%s: parks the message if the call was refused',
    async (where) => {
      const { outcome, store } = await applied(where, new RejectedError('no such account'));
      expect(outcome).toBe('parked');
      expect((await store.parkedOf(member)).map(({ reason, error }) => [reason, error])).toEqual([
        ['failed', expect.stringContaining('no such account')],
      ]);
    },
  );

  it('tells later calls whether the outcome of an earlier call is unknown', async () => {
    const reported: boolean[] = [];
    const errors = [new UnavailableError('503'), noResponse];
    const { apply } = subscriber({
      [registered(member).type]: () => ({
        call: async (again: boolean) => {
          reported.push(again);
          const error = errors[reported.length - 1];
          if (error) throw error;
        },
      }),
    } as never);
    for (let time = 0; time < 2; time++) await apply(registered(member)).catch(() => {});
    expect(await apply(registered(member))).toBe('applied');
    expect(reported).toEqual([false, false, true]);
  });
});
