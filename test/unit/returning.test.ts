import { describe, expect, it } from 'vitest';
import { createMembers } from '../../functions/registration/members.ts';
import type { MemberStore, PhoneGuard, PhoneMark } from '../../functions/registration/store.ts';
import { memberIdOf, TIME } from '../support/builders.ts';

const SOMEONE = { phone: '+34612345678', name: 'Lucía', locale: 'es' };
const seconds = (later: number) => Math.ceil(TIME.getTime() / 1000) + later;
const mark = (leftAt: string, expiresAt = seconds(1)): PhoneMark => ({ leftAt, expiresAt });

/** Registers where a store finds these one after the other, whatever is tried. */
async function registering(...found: Array<PhoneGuard | PhoneMark | undefined>) {
  const inserts: Parameters<MemberStore['insert']>[] = [];
  const insert: MemberStore['insert'] = async (...insertion) => found[inserts.push(insertion) - 1];
  let ids = 0;
  const members = createMembers({
    store: { insert } as MemberStore,
    audit: () => {},
    now: () => TIME,
    newId: () => memberIdOf(++ids),
  });
  const answer = await members
    .register(SOMEONE, 'key', { by: { actor: 'anonymous', authentication: 'none' } })
    .catch((error: Error) => error);
  const returning = inserts.map(([, , row]) => row.messages.map(({ body }) => JSON.parse(body).data.returning));
  return { answer, returning, instead: inserts.map(([, , , left]) => left), guards: inserts.map(([, guard]) => guard) };
}

describe('a registration', () => {
  it('of a phone that nobody held takes one transaction, and says nothing of returning', async () => {
    const { answer, returning, instead } = await registering(undefined);
    expect(answer).toMatchObject({ replayed: false, member: SOMEONE });
    expect([returning, instead]).toEqual([[[undefined]], [undefined]]);
  });

  it('of a phone whose member left takes the place of its mark, and says so', async () => {
    const left = mark('a');
    const { answer, returning, instead } = await registering(left, undefined);
    expect(answer).toMatchObject({ replayed: false });
    expect(instead).toEqual([undefined, left]);
    expect(returning[1]).toEqual([true]);
  });

  it('of a phone that is to be forgotten is as the first, although DynamoDB has not deleted the mark yet', async () => {
    const left = mark('a', seconds(0));
    const { returning, instead } = await registering(left, undefined);
    expect(instead).toEqual([undefined, left]);
    expect(returning[1]).toEqual([undefined]);
  });

  it('takes the place of the last mark only, if others registered and left in between', async () => {
    const { instead } = await registering(mark('a'), mark('b'), undefined);
    expect(instead).toEqual([undefined, mark('a'), mark('b')]);
  });

  it('of a phone that another took in between is refused, but for a repetition, which gets the same answer', async () => {
    const { guards } = await registering(undefined);
    const taken = { ...(guards[0] as PhoneGuard), memberId: memberIdOf(99), idempotencyKey: 'another' };
    expect((await registering(mark('a'), taken)).answer).toMatchObject({ code: 'phone-taken' });
    const same = { ...taken, idempotencyKey: 'key' };
    expect((await registering(mark('a'), same)).answer).toMatchObject({
      replayed: true,
      member: { id: memberIdOf(99) },
    });
  });

  it('gives up if a phone comes and goes all the time', async () => {
    const { answer } = await registering(...Array.from({ length: 9 }, (_, n) => mark(String(n))));
    expect(answer).toMatchObject({ code: 'busy' });
  });
});
