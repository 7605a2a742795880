import { Problem } from '@rollcall/kit/internal/http/problems';
import { describe, expect, it } from 'vitest';
import { createMembers } from '../../functions/registration/members.ts';
import type { MemberStore, PhoneGuard, PhoneMark } from '../../functions/registration/store.ts';
import { memberIdOf, TIME } from '../support/builders.ts';

const SOMEONE = { phone: '+34612345678', name: 'Lucía', locale: 'es' };
const seconds = (later: number) => Math.ceil(TIME.getTime() / 1000) + later;
const mark = (leftAt: string, returningUntil = seconds(1)): PhoneMark => ({
  leftAt,
  returningUntil,
  expiresAt: seconds(9),
});
const SPENT = new Problem('too-many-requests', 'spent');

/** Registers where a store finds these one after the other, whatever is tried. */
const registering = (...found: Array<PhoneGuard | PhoneMark | undefined>) => registeringWith({}, ...found);

async function registeringWith(
  { tokens = 1, knownSpent = false },
  ...found: Array<PhoneGuard | PhoneMark | undefined>
) {
  let asked = 0;
  const inserts: Parameters<MemberStore['insert']>[] = [];
  const insert: MemberStore['insert'] = async (...insertion) => found[inserts.push(insertion) - 1];
  let ids = 0;
  const members = createMembers({
    store: { insert } as MemberStore,
    admission: {
      async admitPhone() {
        if (++asked > tokens) throw SPENT;
      },
      async refuseSpentPhone() {
        if (knownSpent) throw SPENT;
      },
    },
    audit: () => {},
    now: () => TIME,
    newId: () => memberIdOf(++ids),
  });
  const answer = await members
    .register(SOMEONE, 'ES', 'key', { by: { actor: 'anonymous', authentication: 'none' } })
    .catch((error: Error) => error);
  const returning = inserts.map(([{ events }]) =>
    events.map(({ data }) => (data as { returning?: boolean }).returning),
  );
  const [guards, instead] = [inserts.map(([, guard]) => guard), inserts.map(([, , , left]) => left)];
  return { answer, returning, instead, guards, asked };
}

describe('a registration', () => {
  it('of a phone that nobody held takes one transaction, and says nothing of returning', async () => {
    const { answer, returning, instead, asked } = await registeringWith({ tokens: 0 }, undefined);
    expect(answer).toMatchObject({ replayed: false, member: SOMEONE });
    expect(asked).toBe(0);
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
    const taken = { ...(guards[0] as PhoneGuard), holder: memberIdOf(99), idempotencyKey: 'another' };
    expect((await registering(mark('a'), taken)).answer).toMatchObject({ code: 'phone-taken' });
    const same = { ...taken, idempotencyKey: 'key' };
    expect((await registering(mark('a'), same)).answer).toMatchObject({
      replayed: true,
      member: { id: memberIdOf(99) },
    });
  });

  it.each<[string, PhoneGuard | PhoneMark]>([
    ['is held', { holder: memberIdOf(99), registeredAt: TIME.toISOString(), fingerprint: '' }],
    ["was held by who left, where phones aren't remembered", { leftAt: 'a', expiresAt: seconds(9) }],
    ['was held by who left', mark('a')],
  ])('of a phone that %s takes a token of the phone, and is refused without one', async (_, found) => {
    expect(await registeringWith({ tokens: 0 }, found, undefined)).toMatchObject({
      answer: SPENT,
      instead: [undefined],
    });
    expect((await registering(found, undefined)).asked).toBe(1);
  });

  it('repeated takes a token too, and gets no answer without one', async () => {
    const { guards } = await registering(undefined);
    expect(await registering(guards[0])).toMatchObject({ asked: 1, answer: { replayed: true } });
    expect((await registeringWith({ tokens: 0 }, guards[0])).answer).toBe(SPENT);
  });

  it('of a phone that is known to have no token left writes nothing', async () => {
    expect(await registeringWith({ knownSpent: true }, undefined)).toMatchObject({ answer: SPENT, instead: [] });
  });

  it('of a phone whose member left is as the first, where phones are not remembered', async () => {
    const { returning } = await registering({ leftAt: 'a', expiresAt: seconds(9) }, undefined);
    expect(returning[1]).toEqual([undefined]);
  });

  it('gives up if a phone comes and goes all the time, for one token', async () => {
    const { answer, asked } = await registering(...Array.from({ length: 9 }, (_, n) => mark(String(n))));
    expect([answer, asked]).toEqual([expect.objectContaining({ code: 'busy' }), 1]);
  });
});
