import { HeldError } from '@rollcall/kit/internal/messaging/errors';
import { messagingErrorOf } from '@rollcall/kit/internal/messaging/remote-errors';
import {
  CircuitOpenError,
  PacedError,
  RejectedError,
  ThrottledError,
  UnavailableError,
} from '@rollcall/kit/internal/resilience/errors';
import { describe, expect, it } from 'vitest';
import { KnownOptOutError, OptedOutError } from '../../functions/sms/opt-outs.ts';
import { type ConfiguredProvider, createTexting, type TextingOptions } from '../../functions/sms/texting.ts';
import { TIME } from '../support/builders.ts';

const text = { to: '+34612345678', text: 'a'.repeat(200), short: 'Hi', idempotencyKey: 'm1' };
const known = { requestedAt: TIME, released: false, outcomeUnknown: false };

/**
 * Creates one provider, with a closed circuit, for each element of `errors`. The provider throws the error, or sends
 * the SMS if the element is undefined. Only the first provider can honour idempotency keys.
 */
function texting(errors: Array<Error | undefined>, more: Partial<TextingOptions> = {}, honoursKey = true) {
  const called: string[] = [];
  const sent: string[] = [];
  const optedOut: string[] = [];
  const providers = errors.map((error, index): ConfiguredProvider => {
    const name = ['first', 'second'][index] as string;
    return {
      name,
      provider: {
        honoursKey: index === 0 && honoursKey,
        async send(message) {
          called.push(name);
          if (error) throw error;
          sent.push(`${name}: ${message.text}`);
        },
      },
      breaker: { execute: (call) => call(() => {}) },
    };
  });
  const send = createTexting({
    providers,
    timeoutMs: 1_000,
    atOnce: 10,
    pace: undefined,
    limits: { check: async () => {} },
    mode: async () => 'on',
    optOuts: { add: async (phone, at, by) => void optedOut.push(`${phone} ${at.toISOString()} ${by}`) },
    onSent: () => {},
    onOptedOut: () => {},
    now: () => TIME,
    ...more,
  });
  return {
    called,
    sent,
    optedOut,
    /** @returns the messaging error if the call fails */
    send: (about = known) => send(text, about).catch((error: Error) => messagingErrorOf(error, TIME)),
  };
}

const refused = new UnavailableError('503');
const noResponse = new UnavailableError('no answer', { outcomeUnknown: true });
const later = (seconds: number) => new Date(TIME.getTime() + seconds * 1000);

describe('an SMS', () => {
  it('is sent by the second provider if the first certainly did not accept it', async () => {
    const { send, called } = texting([refused, undefined]);
    await send();
    expect(called).toEqual(['first', 'first', 'second']);
  });

  it('stays with the first provider if its outcome is unknown, and the next attempt is informed of that', async () => {
    const { send, called } = texting([noResponse, undefined]);
    expect(await send()).toMatchObject({ name: 'TransientError', outcomeUnknown: true });
    expect(called).toEqual(['first', 'first']);
  });

  it('with an unknown outcome is sent again only by providers that honour keys, if there are any', async () => {
    const { send, called } = texting([refused, undefined]);
    expect(await send({ ...known, outcomeUnknown: true })).toMatchObject({ name: 'TransientError' });
    expect(called).not.toContain('second');
    const without = texting([refused, undefined], {}, false);
    await without.send({ ...known, outcomeUnknown: true });
    expect(without.called).toEqual(['first', 'second']);
  });

  it('without a response, has no unknown outcome if the provider does not honour keys, because a retry could not resolve it', async () => {
    expect(await texting([noResponse], {}, false).send()).toMatchObject({
      name: 'TransientError',
      outcomeUnknown: false,
    });
  });

  it("has a known outcome if only the service's own table fails", async () => {
    const limits = { check: () => Promise.reject(new Error('throttled')) };
    expect(await texting([undefined], { limits }).send()).toMatchObject({
      name: 'TransientError',
      outcomeUnknown: false,
    });
  });

  it('that was permanently rejected is not sent again by a provider without keys, nor by another provider', async () => {
    const { send, called } = texting([new RejectedError('no such number'), undefined], {}, false);
    expect(await send()).toMatchObject({ name: 'PermanentError', message: 'no such number' });
    expect(called).toEqual(['first']);
  });

  it('waits for the provider that can be called soonest, if none can be called now', async () => {
    const [open, soon] = [new CircuitOpenError('first', later(40)), new CircuitOpenError('second', later(10))];
    expect(await texting([open, soon]).send()).toMatchObject({ name: 'PostponedError', until: later(10) });
    expect(await texting([soon, open]).send()).toMatchObject({ name: 'PostponedError', until: later(10) });
    expect(await texting([open, refused]).send()).toMatchObject({ name: 'PostponedError', until: later(40) });
    const pace = async (name: string) => {
      if (name === 'second') throw new PacedError('second gets 1,200 a minute', 50);
      return 0;
    };
    const paced = texting([open, undefined], { pace });
    expect(await paced.send()).toMatchObject({ name: 'PostponedError', until: later(0.05) });
  });

  it('is redelivered when the provider accepts messages again', async () => {
    const { send } = texting([new ThrottledError('429', 7_000)]);
    expect(await send()).toMatchObject({ name: 'PostponedError', until: later(7) });
  });

  it('waits for its slot, and does not spill over to the second provider', async () => {
    const pace = () => Promise.reject(new PacedError('60 a minute', 9_000));
    const { send, called } = texting([undefined, undefined], { pace });
    expect(await send()).toMatchObject({ name: 'PostponedError', until: later(9) });
    expect(called).toEqual([]);
  });

  it('is held before any provider is called, unless an operator released it', async () => {
    const limits = {
      check: async ({ released }: { released: boolean }) => {
        if (!released) throw new HeldError('too many');
      },
    };
    const { send, called } = texting([undefined], { limits });
    expect(await send()).toMatchObject({ name: 'HeldError' });
    expect(called).toEqual([]);
    await send({ ...known, released: true });
    expect(called).toEqual(['first']);
  });

  it('is not sent to a phone that a provider reports as opted out; this is stored, and no other provider is called', async () => {
    const { send, called, optedOut } = texting([new OptedOutError('21610'), undefined]);
    expect(await send()).toBe('opted out');
    expect(called).toEqual(['first']);
    expect(optedOut).toEqual([`${text.to} ${TIME.toISOString()} first`]);
  });

  it('is sent by no provider if the phone is known to have opted out, even if released', async () => {
    const limits = { check: () => Promise.reject(new KnownOptOutError()) };
    const { send, called, optedOut } = texting([undefined, undefined], { limits });
    expect([await send(), await send({ ...known, released: true })]).toEqual(['opted out', 'opted out']);
    expect([called, optedOut]).toEqual([[], []]);
  });

  it('is retried if the opt-out of its phone could not be stored', async () => {
    const optOuts = { add: () => Promise.reject(new Error('throttled')) };
    const { send } = texting([new OptedOutError('21610')], { optOuts });
    expect(await send()).toMatchObject({ name: 'TransientError', outcomeUnknown: false });
  });

  it('has the short text if the capability is in the mode `short-text`', async () => {
    const { send, sent } = texting([undefined], { mode: async () => 'short-text' });
    await send();
    expect(sent).toEqual(['first: Hi']);
  });
});
