import { command, document, queue } from '@rollcall/kit/internal/contracts/descriptors';
import { defineProcess, processDeadline } from '@rollcall/kit/internal/contracts/process';
import type { ProcessStep } from '@rollcall/kit/internal/contracts/process-descriptor';
import { PermanentError, TransientError } from '@rollcall/kit/internal/messaging/errors';
import type { ParkingRequest } from '@rollcall/kit/internal/messaging/operator-request';
import { createProcess } from '@rollcall/kit/internal/messaging/process';
import type { ProcessState } from '@rollcall/kit/internal/messaging/process/state';
import { withDecisions } from '@rollcall/kit/internal/messaging/process-functions';
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { approval, approvalWorld } from '../support/approval.ts';
import { ownTables } from '../support/own-tables.ts';

const data = z.object({ orderId: z.string() });
const about = { subjectField: 'orderId' } as const;
const reserve = command('shop.stock.reserve.v1', data, about);
const release = command('shop.stock.release.v1', data, about);
const nameless = command('shop.stock.count.v1', data);
const reserved = document('shop.stock.reserved.v1', data.extend({ outcome: z.enum(['yes', 'no']) }), about);
const released = document('shop.stock.released.v1', data, about);
const other = document('shop.stock.counted.v1', data, about);
const deadline = processDeadline('shop.approval.deadline.v1');
const from = '/shop/orders';
const stock = queue('stock', { from, messages: [reserve, release, nameless] });
const replies = queue('replies', { from, ordered: false, messages: [reserved, released, deadline] });
const by = ({ orderId }: { orderId: string }) => ({ orderId });
const compensate = { send: [stock, release] as const, by, reply: released, within: 60 };

describe('the definition of a process', () => {
  const first: ProcessStep = { name: 'reserve', send: [stock, reserve], by, reply: reserved, within: 60, compensate };
  const { compensate: _, ...uncompensated } = first;
  const define = (steps: readonly ProcessStep[], queueOfReplies = replies) =>
    defineProcess('approval', { data, replies: queueOfReplies, deadline }, () => steps);

  it.each<[string, readonly ProcessStep[]]>([
    ['it has no steps', []],
    ['two steps are called reserve', [first, { ...first, reply: other }]],
    [
      'it can have one pivot, not reserve and count',
      [
        { ...first, pivot: true },
        { ...first, name: 'count', pivot: true },
      ],
    ],
    [
      'step reserve comes after the pivot count, so it is never compensated',
      [{ name: 'count', send: [stock, reserve], by, reply: other, within: 60, pivot: true }, first],
    ],
    [
      'shop.stock.reserved.v1 is the reply to two of its commands',
      [{ ...first, compensate: { ...compensate, reply: reserved } }],
    ],
    ['shop.stock.counted.v1 is not a message of replies', [{ ...first, reply: other }]],
    ['no step waits for shop.stock.released.v1 of replies', [uncompensated]],
    ['step reserve sends shop.stock.count.v1, which has no subjectField', [{ ...first, send: [stock, nameless] }]],
    ['step reserve sends shop.stock.counted.v1, which is not a message of stock', [{ ...first, send: [stock, other] }]],
    ['step reserve waits 0 seconds', [{ ...first, within: 0 }]],
    [
      'the compensation of reserve waits NaN seconds',
      [{ ...first, compensate: { ...compensate, within: Number.NaN } }],
    ],
  ])('is refused with the reason: %s', (why, steps) => {
    expect(() => define(steps)).toThrow(`process approval: ${why}`);
  });

  it('requires an unordered queue of replies, so that a late reply does not delay other replies', () => {
    const ordered = queue('replies', { from, messages: [reserved, released, deadline] });
    expect(() => define([first], ordered as never)).toThrow('which must be a queue with `ordered: false`');
  });

  it('requires a queue of replies that is not `large`', () => {
    expect(() => define([first], { ...replies, large: true } as never)).toThrow('which cannot be `large`');
  });

  it('can have only one step, with a compensation that is never refused, if it has no deadline', () => {
    const withoutDeadline = queue('replies', { from, ordered: false, messages: [reserved, released] });
    const without = (steps: readonly ProcessStep[]) =>
      defineProcess('approval', { data, replies: withoutDeadline }, () => steps);
    expect(without([first]).deadline).toBeUndefined();
    const refusable = { ...first, compensate: { ...compensate, ok: () => true } };
    for (const steps of [[refusable], [first, { ...uncompensated, name: 'count' }]])
      expect(() => without(steps)).toThrow('process approval: without a `deadline` it can have only one step');
    const uncompensatedPivot = { ...uncompensated, pivot: true };
    expect(() => without([uncompensatedPivot])).toThrow('its step reserve is a pivot without compensation');
    expect(without([{ ...first, pivot: true }]).steps).toHaveLength(1);
    expect(() => define([first], withoutDeadline as never)).toThrow(
      'shop.approval.deadline.v1 is not a message of replies',
    );
  });

  it('is typed by its data and its replies', () => {
    const definition = defineProcess('approval', { data, replies, deadline }, (step) => [
      step('reserve', {
        ...{ send: [stock, reserve], reply: reserved, within: 60 },
        by: ({ orderId }) => ({ orderId }),
        ok: ({ outcome }) => outcome === 'yes',
        compensate: { send: [stock, release], by: ({ orderId }) => ({ orderId }), reply: released, within: 60 },
      }),
    ]);
    expect(definition.steps.map(({ name }) => name)).toEqual(['reserve']);

    const refused = () =>
      defineProcess('approval', { data, replies, deadline }, (step) => [
        // @ts-expect-error the command's data has an orderId
        step('reserve', { send: [stock, reserve], by: () => ({}), reply: reserved, within: 60 }),
        // @ts-expect-error not a message of the queue of replies
        step('count', { send: [stock, reserve], by, reply: other, within: 60 }),
        // @ts-expect-error not a message of the queue of commands
        step('ask', { send: [stock, reserved], by, reply: reserved, within: 60 }),
        // @ts-expect-error the reply has no such outcome
        step('say', { send: [stock, reserve], by, reply: reserved, within: 60, ok: (r) => r.outcome === 'perhaps' }),
      ]);
    expect(refused).toThrow('process approval');
  });

  it('needs a table for its deadlines', async () => {
    const { client } = await ownTables['the simulation']();
    const options = { client, table: 'orders', outboxTable: 'outbox', source: from, newId: () => 'id' };
    expect(() => createProcess(approval, options)).toThrow('process approval has a deadline: pass `later`');
  });

  it('is run only by the consumer of its replies', async () => {
    const { process } = approvalWorld(await ownTables['the simulation']());
    expect(() => process.handlers({ of: replies, idempotent: true })).toThrow('must consume orders-replies');
    expect(() => process.handlers({ of: approval.replies })).toThrow('be `idempotent`');
  });
});

describe('a request of an operator about a process', () => {
  const stuck = { id: 'o-1', progress: { state: 'needs-person', parked: 'm-1' } } as unknown as ProcessState<never>;
  const passedOn: object[] = [];
  const decided: object[] = [];
  const sweep = withDecisions<never>(
    () => ({
      read: async (id) => (id === stuck.id ? stuck : undefined),
      async decide(id, decision) {
        if ('cancel' in decision) throw new PermanentError('it does not go back');
        if ('retry' in decision) throw new TransientError('it is being changed by others');
        decided.push({ id, ...decision });
        return { ...stuck, progress: { state: 'completed' } } as ProcessState<never>;
      },
    }),
    async (event: ParkingRequest | object) => {
      passedOn.push(event);
      return undefined;
    },
  );
  const request = (event: object) => sweep(event, {} as Context);

  it('shows the process, or decides and releases the held message', async () => {
    expect(await request({ process: 'o-1' })).toEqual({ process: stuck });
    expect([passedOn, decided]).toEqual([[], []]);
    expect(await request({ process: 'o-1', decide: { done: 'by hand' } })).toMatchObject({
      process: { progress: { state: 'completed' } },
    });
    expect(decided).toEqual([{ id: 'o-1', done: 'by hand' }]);
    expect(passedOn).toEqual([{ redrive: ['m-1'], release: true }]);
  });

  it('is refused with the reason if there is no such process, or if the decision is not possible', async () => {
    expect(await request({ process: 'o-2' })).toEqual({ refused: 'there is no process o-2' });
    expect(await request({ process: 'o-1', decide: { cancel: 'x' } })).toEqual({ refused: 'it does not go back' });
    expect(await request({ process: 'o-1', decide: { retry: 'x' } })).toEqual({
      refused: 'it is being changed by others',
    });
  });

  it.each([
    { process: '' },
    { process: 'o-1', decide: {} },
    { process: 'o-1', decide: { done: '' } },
    { process: 'o-1', decide: { done: 'x', retry: 'y' } },
    { process: 'o-1', more: 1 },
  ])('is refused if it is invalid: %o', async (event) => {
    await expect(request(event)).rejects.toThrow('invalid request about a process');
  });

  it('about something else is passed to the sweep', async () => {
    await request({});
    expect(passedOn.at(-1)).toEqual({});
  });
});
