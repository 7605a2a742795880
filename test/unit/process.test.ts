import { createLater } from '@rollcall/kit/internal/messaging/later/waiting';
import type { Envelope } from '@rollcall/kit/internal/messaging/message';
import { needsPerson } from '@rollcall/kit/internal/messaging/parked';
import { createProcess } from '@rollcall/kit/internal/messaging/process';
import { ATTEMPTS } from '@rollcall/kit/internal/messaging/process/attempts';
import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import { stuckProcesses } from 'rollcall/internal/stage/processes';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { approval, approvalWorld, WITHIN } from '../support/approval.ts';
import { type OwnTables, ownTables } from '../support/own-tables.ts';

describe.each(Object.entries(ownTables))('a process on tables of %s', (kind, create) => {
  let tables: OwnTables;
  let world: ReturnType<typeof approvalWorld>;
  let orders = 0;
  let id: string;
  beforeAll(async () => {
    tables = await create();
  });
  afterAll(() => tables.stop());
  beforeEach(async () => {
    world = approvalWorld(tables);
    id = `${kind.replaceAll(' ', '-')}-${++orders}`;
    await world.clear();
    await world.start(id);
  });

  const names = (messages: readonly Envelope[]) => messages.map(({ type }) => type.split('.').at(-2));
  const progress = async () => (await world.process.read(id))?.progress;
  const only = ([command, ...others]: readonly Envelope[], name?: string): Envelope => {
    if (!command || others.length > 0) throw new Error(`sent: ${names([...(command ? [command] : []), ...others])}`);
    if (name !== undefined) expect(names([command])).toEqual([name]);
    return command;
  };
  /** Delivers a reply to a command. @returns the reply, the outcome of its delivery, and the messages sent after it */
  async function deliverReply(command: Envelope, decision: 'ok' | 'no' = 'ok') {
    const reply = world.replyTo(command, decision);
    const outcome = await world.deliver(reply);
    return { outcome, reply, sent: await world.sent() };
  }
  const next = async (command: Envelope, name: string) => only((await deliverReply(command)).sent, name);
  const reserving = async () => only(await world.sent(), 'reserve');
  const charging = async () => next(await reserving(), 'charge');
  const confirming = async () => next(await charging(), 'confirm');
  const waiting = async () => (await world.items('later')).filter(({ subject }) => subject === id);

  it('sends each command after the reply to the previous one, and completes', async () => {
    const reserve = await reserving();
    expect(reserve).toMatchObject({ correlationid: id, replyto: 'orders-replies', source: '/shop/orders' });
    expect(reserve.traceparent).toContain('0af7651916cd43dd8448eb211c80319c');
    const charge = await next(reserve, 'charge');
    expect(charge).toMatchObject({ correlationid: id, data: { orderId: id, cents: 500 } });
    expect(charge.traceparent).toContain('0af7651916cd43dd8448eb211c80319c');
    const confirm = await next(charge, 'confirm');
    expect(world.ended).toEqual([]);
    expect((await deliverReply(confirm)).sent).toEqual([]);
    expect(await world.process.read(id)).toMatchObject({
      ...{ progress: { state: 'completed' }, done: ['reserve', 'charge', 'confirm'], data: { place: 'A1' } },
    });
    expect(world.ended).toEqual([`${id} approved`]);
    expect(await world.items('orders')).toContainEqual({ pk: `order#${id}`, state: 'approved' });
    expect(await waiting()).toEqual([]);
  });

  it('stores attributes derived from its current data, and removes those derived from earlier data', async () => {
    const itemOf = async () => (await world.items('orders')).find(({ pk }) => pk === `process#approval/${id}`);
    const reserve = await reserving();
    expect(await itemOf()).toMatchObject({ isUnplaced: true });
    await next(reserve, 'charge');
    expect(await itemOf()).toMatchObject({ byPlace: 'A1' });
    expect(await itemOf()).not.toHaveProperty('isUnplaced');
  });

  it('refuses attributes with the name of a part of its state', async () => {
    const { client } = tables;
    const places = { client, table: 'orders', outboxTable: 'outbox', source: '/shop/orders', newId: () => 'id' };
    const later = createLater({ client, laterTable: 'later' });
    const process = createProcess(approval, { ...places, later, attributes: () => ({ progress: 1 }) });
    const start = () => process.start(`${id}-2`, { orderId: id, cents: 1 }, { now: new Date(), newId: () => 'id' });
    expect(start).toThrow('the attribute name `progress` in `attributes` is already used');
    const byId = createProcess(approval, { ...places, later, key: (id) => ({ id }) });
    expect(() => byId.start(id, { orderId: id, cents: 1 }, { now: new Date(), newId: () => 'id' })).toThrow(
      'the attribute name `id` in `key` is already used',
    );
  });

  it('returns only its state to a caller that creates it again', async () => {
    const context = { now: new Date(), newId: () => 'id' };
    const taken = await world.process.create(id, { orderId: id, cents: 500 }, context);
    expect(taken).toMatchObject({ result: 'taken', state: { id, version: 1 } });
    expect(taken).not.toHaveProperty('state.pk');
    expect(taken).not.toHaveProperty('state.isUnplaced');
  });

  it('is started once', async () => {
    expect(await world.start(id)).toMatchObject({ result: 'refused', by: 'approval' });
  });

  it('applies a reply once, even if copies arrive after the next reply or after the process has ended', async () => {
    const reserve = await reserving();
    const first = await deliverReply(reserve);
    const charge = only(first.sent, 'charge');
    expect(await world.deliver(first.reply, 2)).toBe('duplicate');
    const second = await deliverReply(charge);
    for (const reply of [first.reply, second.reply, world.replyTo(reserve, 'no')])
      expect(await world.deliver(reply)).toBe('duplicate');
    const last = await deliverReply(only(second.sent, 'confirm'));
    expect(await world.deliver(last.reply)).toBe('duplicate');
    expect(await world.sent()).toEqual([]);
    expect(world.ended).toHaveLength(1);
  });

  it('applies only one of two replies that arrive at the same moment', async () => {
    const reserve = await reserving();
    const replies = [world.replyTo(reserve), world.replyTo(reserve)];
    const outcome = await Promise.all(replies.map((reply) => world.deliver(reply)));
    expect(outcome.sort()).toEqual(['applied', 'duplicate']);
    only(await world.sent(), 'charge');
  });

  it('compensates completed steps when a step is refused', async () => {
    const release = only((await deliverReply(await charging(), 'no')).sent, 'release');
    expect(release).toMatchObject({ correlationid: id, data: { orderId: id, place: 'A1' } });
    expect(await progress()).toMatchObject({ state: 'compensating', awaits: { step: 'reserve', action: 'undo' } });
    expect((await deliverReply(release)).sent).toEqual([]);
    expect(await world.process.read(id)).toMatchObject({
      ...{ progress: { state: 'failed' }, because: 'charge was refused', done: [], undone: ['reserve'] },
    });
    expect(world.ended).toEqual([`${id} rejected`]);
    expect(await waiting()).toEqual([]);
  });

  it('compensates in reverse order, including a step that completes late', async () => {
    const charge = await charging();
    const release = only(await world.pass(WITHIN.reserve), 'release');
    expect((await deliverReply(charge)).sent).toEqual([]);
    const refund = await next(release, 'refund');
    await deliverReply(refund);
    expect(await world.process.read(id)).toMatchObject({
      ...{ progress: { state: 'failed' }, because: 'charge had no reply in time', undone: ['reserve', 'charge'] },
    });
  });

  it('compensates a step that completes after it was given up, and fails only once', async () => {
    const reserve = await reserving();
    expect(await world.pass(WITHIN.reserve - 1)).toEqual([]);
    expect(await progress()).toMatchObject({ state: 'running' });
    expect(await world.pass(1)).toEqual([]);
    expect(await progress()).toEqual({ state: 'failed' });
    const late = await deliverReply(reserve);
    const release = only(late.sent, 'release');
    expect(await world.deliver(late.reply)).toBe('duplicate');
    await deliverReply(release);
    expect(await progress()).toEqual({ state: 'failed' });
    expect(await world.deliver(late.reply)).toBe('duplicate');
    expect(await world.sent()).toEqual([]);
    expect(world.ended).toEqual([`${id} rejected`]);
  });

  it('does not compensate a step that was given up and is refused late', async () => {
    const reserve = await reserving();
    await world.pass(WITHIN.reserve);
    expect(await deliverReply(reserve, 'no')).toMatchObject({ outcome: 'applied', sent: [] });
    expect(await world.process.read(id)).toMatchObject({ unknown: [], progress: { state: 'failed' } });
    expect((await world.process.read(id))?.data).toEqual({ orderId: id, cents: 500 });
  });

  it('stores the data that a step takes from its reply, even if the reply is a refusal', async () => {
    await deliverReply(await reserving(), 'no');
    expect(await world.process.read(id)).toMatchObject({ progress: { state: 'failed' }, data: { place: 'A1' } });
  });

  it('is deleted, with its deadline, by a reply about an erased subject, and further replies have no effect', async () => {
    const charge = await charging();
    world.erased.add(id);
    expect(await waiting()).toHaveLength(1);
    expect(await deliverReply(charge)).toMatchObject({ outcome: 'applied', sent: [] });
    expect([await world.process.read(id), await waiting()]).toEqual([undefined, []]);
    expect(await world.deliver(world.replyTo(charge))).toBe('duplicate');
  });

  it('has one deadline at a time, and the deadline of an earlier step does not end a later step', async () => {
    const [before] = await waiting();
    const charge = await charging();
    const [kept, ...others] = await waiting();
    // The deadline of the charge is earlier than the deadline of the reservation, which it replaces.
    expect([before?.due, kept?.due, others]).toEqual(['2026-11-21T10:10:00.000Z', '2026-11-21T10:05:00.000Z', []]);
    const confirm = await next(charge, 'confirm');
    // The deadline of the confirmation is later, and is set when the current one arrives.
    expect(await waiting()).toEqual([kept]);
    expect(await world.pass(WITHIN.charge)).toEqual([]);
    expect(await progress()).toMatchObject({ state: 'running', awaits: { step: 'confirm', attempt: 1 } });
    expect(await waiting()).toMatchObject([{ due: '2026-11-21T11:00:00.000Z' }]);
    expect((await deliverReply(confirm)).sent).toEqual([]);
    expect(await progress()).toEqual({ state: 'completed' });
  });

  it('ignores a deadline that arrives after the reply to its step, or twice', async () => {
    const reserve = await reserving();
    await world.pass(0);
    const [deadline] = await waiting();
    const charge = only((await deliverReply(reserve)).sent, 'charge');
    const message = JSON.parse(String(deadline?.body));
    expect(await world.deliver(message)).toBe('duplicate');
    expect(await progress()).toMatchObject({ state: 'running', awaits: { step: 'charge', attempt: 1 } });
    await next(charge, 'confirm');
    const [current] = await waiting();
    await world.pass(WITHIN.charge);
    expect(await world.deliver(JSON.parse(String(current?.body)))).toBe('duplicate');
    expect(await progress()).toMatchObject({ awaits: { step: 'confirm', attempt: 1 } });
  });

  it('sets a new deadline for its next step if its current deadline was deleted', async () => {
    const charge = await charging();
    await world.clear();
    expect(await world.pass(WITHIN.charge)).toEqual([]);
    await next(charge, 'confirm');
    expect(await waiting()).toMatchObject([{ name: 'approval-deadline', due: '2026-11-21T11:05:00.000Z' }]);
  });

  it('ignores a deadline that arrives after it was replaced', async () => {
    const charge = await charging();
    // The sweep has released the deadline, which is in transit when the reply arrives.
    const [current] = await waiting();
    await world.clear();
    await world.pass(WITHIN.charge);
    await next(charge, 'confirm');
    const before = await world.process.read(id);
    expect(await world.deliver(JSON.parse(String(current?.body)))).toBe('duplicate');
    expect(await world.process.read(id)).toEqual(before);
    expect(await waiting()).toMatchObject([{ due: '2026-11-21T11:05:00.000Z' }]);
  });

  it('retries a refused compensation with growing pauses, and then needs an operator', async () => {
    let release = only((await deliverReply(await charging(), 'no')).sent, 'release');
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
      const refused = await deliverReply(release, 'no');
      expect(refused.sent).toEqual([]);
      // A copy of this refusal does not refuse the next attempt.
      expect(await world.deliver(refused.reply)).toBe('duplicate');
      const pause = 60 * 2 ** (attempt - 1);
      expect(await world.pass(pause - 1)).toEqual([]);
      release = only(await world.pass(1), 'release');
      expect(await world.deliver(refused.reply)).toBe('duplicate');
    }
    await world.deliver(world.replyTo(release, 'no'));
    expect(await progress()).toMatchObject({
      ...{ state: 'needs-person', why: 'the compensation of reserve was refused (failure number 5)' },
    });
    const held = only(await world.drainOutbox(), 'deadline');
    expect(await world.deliver(held)).toBe('parked');
    expect(await world.parkedOf(held)).toMatchObject([
      {
        reason: 'held',
        error: `HeldError: approval ${id} needs a person: the compensation of reserve was refused (failure number 5)`,
      },
    ]);
    expect(world.ended).toEqual([]);

    await world.subscriber.redrive([held.id], () => true, true);
    expect(await world.parkedOf(held)).toEqual([]);
    await deliverReply(only(await world.sent(), 'release'));
    expect(await progress()).toEqual({ state: 'failed' });
    expect(world.ended).toEqual([`${id} rejected`]);
  });

  /** Lets deadlines of a command without a reply pass, until the process needs an operator. */
  async function stuck(command: Envelope): Promise<{ command: Envelope; held: Envelope }> {
    // One more deadline than attempts, because the first deadline may still be that of the previous step.
    for (let deadline = 1; deadline <= ATTEMPTS + 1; deadline++) expect(await world.pass(WITHIN.confirm)).toEqual([]);
    const { parked = '' } = (await progress()) as { parked?: string };
    const [held] = await world.parkedOf({ id: parked });
    return { command, held: JSON.parse(held?.body ?? '{}') };
  }

  it('does not repeat a command without a reply, and continues if the reply arrives later', async () => {
    const { command } = await stuck(only((await deliverReply(await charging(), 'no')).sent, 'release'));
    expect(await progress()).toMatchObject({ state: 'needs-person' });
    await deliverReply(command);
    expect(await progress()).toEqual({ state: 'failed' });
  });

  it('retries a refused step after the pivot instead of compensating', async () => {
    const confirm = await confirming();
    expect((await deliverReply(confirm, 'no')).sent).toEqual([]);
    await world.pass(WITHIN.charge);
    expect(await progress()).toMatchObject({ state: 'running', awaits: { step: 'confirm', attempt: 2 } });
    await expect(world.process.decide(id, { cancel: 'no more' })).rejects.toThrow('cannot be cancelled at this step');
  });

  it('needs an operator after the pivot, and completes when the operator marks the step as done', async () => {
    const { command } = await stuck(await confirming());
    await expect(world.process.decide(id, { cancel: 'no more' })).rejects.toThrow('cannot be cancelled at this step');
    const decided = await world.process.decide(id, { done: 'by hand' });
    expect(decided.progress).toEqual({ state: 'completed' });
    expect(decided.decided?.[0]).toContain('done: by hand');
    expect(world.ended).toEqual([`${id} approved`]);
    expect(await world.deliver(world.replyTo(command))).toBe('duplicate');
  });

  it('sends the command again if an operator retries, and accepts the success of either attempt', async () => {
    const { command, held } = await stuck(await confirming());
    await world.process.decide(id, { retry: 'mended' });
    const again = only(await world.sent(), 'confirm');
    expect(await waiting()).toHaveLength(1);
    await world.subscriber.redrive([held.id], () => true, true);
    expect(await world.parkedOf(held)).toEqual([]);
    expect(await world.sent()).toEqual([]);
    await deliverReply(command);
    expect(await progress()).toEqual({ state: 'completed' });
    expect(await world.deliver(world.replyTo(again))).toBe('duplicate');
  });

  it('is listed while it needs an operator, unlike other held messages', async () => {
    const { held } = await stuck(await confirming());
    const parked = await world.parkedOf(held);
    const others = ['no JSON', '{}', 'null', '{"data":{"orderId":"o"}}'].map((body) => ({ ...parked[0], body }));
    const stage = {
      parked: async function* () {
        yield [...others, ...parked];
      },
    } as unknown as StageClient;
    expect(await stuckProcesses(stage, ['orders-replies'])).toMatchObject([
      { process: id, why: expect.stringContaining(`approval ${id} needs a person`) },
    ]);
  });

  it('is counted for the alarm while it needs an operator', async () => {
    const { held } = await stuck(await confirming());
    const parked = await world.parkedOf(held);
    expect(parked.map((one) => needsPerson(one, world.now()))).toEqual([true]);
    const heldByRule = { ...parked[0], body: JSON.stringify({ ...held, data: { orderId: id } }) } as ParkedMessage;
    expect(needsPerson(heldByRule, world.now())).toBe(false);
    expect(await world.subscriber.redrive([held.id], () => true)).toMatchObject([{ waiting: 0, forPerson: 1 }]);
  });

  it('accepts only decisions that are possible in its state', async () => {
    await expect(world.process.decide(id, { retry: 'x' })).rejects.toThrow(
      'the process is running, and needs no decision',
    );
    await expect(world.process.decide('nobody', { retry: 'x' })).rejects.toThrow('there is no approval nobody');
    await world.pass(WITHIN.reserve);
    await expect(world.process.decide(id, { cancel: 'x' })).rejects.toThrow(
      'the process has failed: there is nothing to decide',
    );
  });

  it('is cancelled in a transaction of its service, and compensates a pending step when the step completes', async () => {
    const charge = await charging();
    const before = await world.process.read(id);
    if (!before) throw new Error('the process was started');
    const put = { TableName: 'orders', Item: { pk: `order#${id}`, state: 'cancelled' } };
    const context = world.context();
    const cancelled = world.process.cancel(before, 'by its customer', context);
    expect(await world.writer.commit({ put, ...cancelled }, context)).toEqual({ result: 'done' });
    expect(await world.writer.commit({ put, ...cancelled }, context)).toMatchObject({ by: 'approval' });
    const release = only(await world.sent(), 'release');
    await deliverReply(charge);
    await deliverReply(await next(release, 'refund'));
    expect(await world.process.read(id)).toMatchObject({
      ...{ progress: { state: 'failed' }, because: 'cancelled: by its customer', unknown: [] },
    });
  });

  it('can end with an erasure of all scheduled messages about its subject, including its deadline', async () => {
    const { client } = tables;
    const later = createLater({ client, laterTable: 'later' });
    const leaving = createProcess(approval, {
      ...{
        client,
        outboxTable: 'outbox',
        later,
        table: 'orders',
        source: '/shop/orders',
        now: world.now,
        newId: world.context().newId,
      },
      on: { failed: (process) => later.erasing(process.id) },
    });
    expect(await waiting()).toHaveLength(1);
    expect((await leaving.decide(id, { cancel: 'she left' })).progress).toEqual({ state: 'failed' });
    expect(await waiting()).toEqual([]);
  });

  it('parks a reply about another subject, for a process that does not exist, or without a correlation ID', async () => {
    const reserve = await reserving();
    const wrong = { data: { orderId: 'other', outcome: 'ok' }, subject: 'other' };
    const about = world.replyTo(reserve, 'ok', wrong);
    const nobody = world.replyTo({ ...reserve, correlationid: 'nobody' });
    const { correlationid: _, ...none } = world.replyTo(reserve);
    for (const [reply, error] of [
      [about, `but is about other, not ${id}`],
      [nobody, 'which does not exist'],
      [none, 'has no correlation id'],
    ] as const) {
      expect(await world.deliver(reply)).toBe('parked');
      expect((await world.parkedOf(reply))[0]?.error).toContain(error);
    }
    expect(await progress()).toMatchObject({ state: 'running', awaits: { step: 'reserve' } });
  });
});
