import { Problem } from '@rollcall/kit/internal/http/problems';
import { describe, expect, it } from 'vitest';
import { createMembers } from '../../functions/registration/members.ts';
import type { MemberStore, PhoneGuard, PhoneMark } from '../../functions/registration/store.ts';
import { memberIdOf, TIME } from '../support/builders.ts';

const SOMEONE = { phone: '+34612345678', name: 'Lucía', locale: 'es' };
const seconds = (later: number) => Math.ceil(TIME.getTime() / 1000) + later;
/** The mark that replaces the guard of a phone after its member left. */
const mark = (leftAt: string, returningUntil = seconds(1)): PhoneMark => ({
  leftAt,
  returningUntil,
  expiresAt: seconds(9),
});
const SPENT = new Problem('too-many-requests', 'spent');

/** Registers with a store that returns these guards and marks one after the other. */
const registering = (...found: Array<PhoneGuard | PhoneMark | undefined>) => registeringWith({}, ...found);

async function registeringWith(
  { tokens = 1, knownSpent = false },
  ...found: Array<PhoneGuard | PhoneMark | undefined>
) {
  let tokensTaken = 0;
  const inserts: Parameters<MemberStore['insert']>[] = [];
  const insert: MemberStore['insert'] = async (...insertion) => found[inserts.push(insertion) - 1];
  let ids = 0;
  const members = createMembers({
    store: { insert } as MemberStore,
    admission: {
      async admitPhone() {
        if (++tokensTaken > tokens) throw SPENT;
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
  return { answer, returning, instead, guards, tokensTaken };
}

describe('a registration', () => {
  it('of a new phone takes one transaction, and does not set `returning`', async () => {
    const { answer, returning, instead, tokensTaken } = await registeringWith({ tokens: 0 }, undefined);
    expect(answer).toMatchObject({ replayed: false, member: SOMEONE });
    expect(tokensTaken).toBe(0);
    expect([returning, instead]).toEqual([[[undefined]], [undefined]]);
  });

  it('of a phone whose member left replaces its mark, and sets `returning`', async () => {
    const left = mark('a');
    const { answer, returning, instead } = await registering(left, undefined);
    expect(answer).toMatchObject({ replayed: false });
    expect(instead).toEqual([undefined, left]);
    expect(returning[1]).toEqual([true]);
  });

  it('of a phone with an expired mark does not set `returning`, even if DynamoDB has not deleted the mark', async () => {
    const left = mark('a', seconds(0));
    const { returning, instead } = await registering(left, undefined);
    expect(instead).toEqual([undefined, left]);
    expect(returning[1]).toEqual([undefined]);
  });

  it('replaces only the last mark, if others registered and left in between', async () => {
    const { instead } = await registering(mark('a'), mark('b'), undefined);
    expect(instead).toEqual([undefined, mark('a'), mark('b')]);
  });

  it('of a phone that was registered in between is refused; a repetition gets the same response', async () => {
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
    ['is registered', { holder: memberIdOf(99), registeredAt: TIME.toISOString(), fingerprint: '' }],
    ["belonged to a member who left, if phones aren't remembered", { leftAt: 'a', expiresAt: seconds(9) }],
    ['belonged to a member who left', mark('a')],
  ])('of a phone that %s takes a token of the phone, and is refused without one', async (_, found) => {
    expect(await registeringWith({ tokens: 0 }, found, undefined)).toMatchObject({
      answer: SPENT,
      instead: [undefined],
    });
    expect((await registering(found, undefined)).tokensTaken).toBe(1);
  });

  it('that is repeated takes a token too, and is refused without one', async () => {
    const { guards } = await registering(undefined);
    expect(await registering(guards[0])).toMatchObject({ tokensTaken: 1, answer: { replayed: true } });
    expect((await registeringWith({ tokens: 0 }, guards[0])).answer).toBe(SPENT);
  });

  it('of a phone that is known to have no tokens writes nothing', async () => {
    expect(await registeringWith({ knownSpent: true }, undefined)).toMatchObject({ answer: SPENT, instead: [] });
  });

  it('of a phone whose member left does not set `returning`, if phones are not remembered', async () => {
    const { returning } = await registering({ leftAt: 'a', expiresAt: seconds(9) }, undefined);
    expect(returning[1]).toEqual([undefined]);
  });

  it('fails as busy, and takes one token, if others register and leave with the phone at every attempt', async () => {
    const { answer, tokensTaken } = await registering(...Array.from({ length: 9 }, (_, n) => mark(String(n))));
    expect([answer, tokensTaken]).toEqual([expect.objectContaining({ code: 'busy' }), 1]);
  });
});
