import { setTimeout as delay } from 'node:timers/promises';
import type { Cloud } from '@rollcall/local/internal/cloud';
import pMap from 'p-map';
import { errorReason } from 'rollcall/internal/parsed-response';
import { v7 as newId } from 'uuid';
import type { MemberResource } from '../../shared/contracts/member.ts';
import { generatePeople } from '../demo/input.ts';
import { send } from '../demo/send.ts';
import { createServices } from '../demo/services.ts';
import { EVERY_MEMBER } from '../every-member.ts';

export type Member = Pick<MemberResource, 'id' | 'version'>;

export interface PathsOptions {
  cloud: Cloud;
  stage: string;
  /** Concurrent requests. */
  concurrency: number;
}

export type Paths = Awaited<ReturnType<typeof createPaths>>;

const POLL_INTERVAL_MS = 50;
const MAX_MEMBERS = 1_000_000;

/** Creates the actions of members. Each action except `registerOne` waits until all its effects are applied. */
export async function createPaths({ cloud, stage, concurrency }: PathsOptions) {
  const services = createServices({ ...cloud, stage });
  const authorization = `Bearer ${await cloud.issuer.token(EVERY_MEMBER)}`;
  const people = generatePeople(MAX_MEMBERS, Math.random)[Symbol.asyncIterator]();

  async function request(method: string, path: string, body: unknown, headers: Record<string, string> = {}) {
    const sent = await send(`${cloud.apiUrl}/v1/members${path}`, method, body, { authorization, ...headers });
    if (sent.status < 300) return sent.body;
    throw new Error(`${method} /v1/members${path} returned ${sent.status}: ${errorReason(sent)}`);
  }

  /** Waits until nothing is pending, and nothing has started during the check. */
  async function settled(): Promise<void> {
    for (;;) {
      if (cloud.isIdle() && (await services.countInTransit()) === 0 && cloud.isIdle()) return;
      await delay(POLL_INTERVAL_MS);
    }
  }

  async function ofEach<T, R>(all: Iterable<T> | AsyncIterable<T>, act: (one: T) => Promise<R>): Promise<R[]> {
    const done = await pMap(all, act, { concurrency });
    await settled();
    return done;
  }

  async function registerOne(): Promise<Member> {
    const { value: person } = await people.next();
    return (await request('POST', '', person?.person, { 'idempotency-key': newId() })) as Member;
  }

  return {
    settled,
    /** Registers one member, and does not wait for the effects. */
    registerOne,

    register: (count: number) => ofEach(Array(count).keys(), registerOne),

    change: (members: readonly Member[]) =>
      ofEach(members, async ({ id, version }) => {
        return (await request('PATCH', `/${id}`, { locale: 'zh-CN' }, { 'if-match': `"${version}"` })) as Member;
      }),

    redeem: (members: readonly Member[]) =>
      ofEach(members, ({ id }) =>
        request('POST', `/${id}/redemptions`, { points: 10, expiresIn: 3600 }, { 'idempotency-key': newId() }),
      ),

    deactivate: (members: readonly Member[]) => ofEach(members, ({ id }) => request('DELETE', `/${id}`, undefined)),
  };
}
