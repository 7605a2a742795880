import pMap from 'p-map';
import { errorReason } from 'rollcall/internal/parsed-response';
import { v7 as newId } from 'uuid';
import type { MemberResource } from '../../shared/contracts/member.ts';
import type { OperationResource } from '../../shared/contracts/operation.ts';
import { generatePeople } from '../demo/input.ts';
import type { RequestedRedemption } from '../demo/redemptions.ts';
import type { Accepted } from '../demo/registrations.ts';
import { send } from '../demo/send.ts';
import type { FormerMember, Violation } from './verdict.ts';

export interface LoadOptions {
  apiUrl: string;
  /** A token that allows reading and changing every member. */
  token: string;
  members: number;
  concurrency: number;
  random: () => number;
  onProgress: (done: number) => void;
}

export interface Load {
  accepted: Accepted[];
  redemptions: RequestedRedemption[];
  /** Former members. They and their redemptions are not among `accepted` and `redemptions`. */
  left: FormerMember[];
  violations: Violation[];
  requests: number;
}

const LOCALES = ['en', 'es', 'zh-CN'];
/** Every n-th member registers twice at once; is tried with another key; changes the locale up to three times. */
const TWICE_EVERY = 10;
const OTHER_KEY_EVERY = 20;
const CHANGE_EVERY = 3;
/**
 * Every n-th member redeems points twice, once with the shortest possible time; every fourth of them with a short time
 * limit.
 */
const REDEEM_EVERY = 4;
const IMPATIENT_EVERY = 16;
const REDEEMED = 30;
/** Every n-th member leaves at the end, half of them with redemptions in progress. */
const LEAVE_EVERY = 10;
const FIRST_TO_LEAVE = 8;
/** More than half a minute: the cloud may be killed and restarted in between. */
const ATTEMPTS = 60;

/** Registers and changes members over HTTP, and repeats each request until it is answered. */
export async function load({ apiUrl, token, members, concurrency, random, onProgress }: LoadOptions): Promise<Load> {
  const result: Load = { accepted: [], redemptions: [], left: [], violations: [], requests: 0 };
  const request = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
    result.requests++;
    return send(`${apiUrl}${path}`, method, body, { ...headers, authorization: `Bearer ${token}` }, ATTEMPTS);
  };
  const violated = (guarantee: Violation['guarantee'], what: string) =>
    result.violations.push({ guarantee, what, history: [] });

  async function register(line: number, person: object): Promise<Accepted | undefined> {
    const askedAt = Date.now();
    const start = performance.now();
    const key = { 'idempotency-key': newId() };
    const times = line % TWICE_EVERY === 0 ? 2 : 1;
    const answers = await Promise.all(Array.from({ length: times }, () => request('POST', '/v1/members', person, key)));
    const ids = new Set(
      answers.map(({ status, body }) => (status === 201 ? (body as MemberResource).id : `status ${status}`)),
    );
    if (ids.size > 1) violated('G6', `one key got different answers: ${[...ids].join(', ')}`);
    const [first] = answers;
    if (first?.status !== 201) {
      violated('G6', `a new phone was refused: ${first && errorReason(first)}`);
      return undefined;
    }
    if (line % OTHER_KEY_EVERY === 0) {
      const other = await request('POST', '/v1/members', person, { 'idempotency-key': newId() });
      if (other.status !== 409) violated('G6', `a phone that is taken got ${other.status} with another key`);
    }
    return { member: first.body as MemberResource, askedAt, httpMs: performance.now() - start };
  }

  /** If the response to a change is lost, the member's state tells whether the change was made. */
  async function changeLocale(accepted: Accepted, locale: string): Promise<void> {
    const path = `/v1/members/${accepted.member.id}`;
    const headers = { 'if-match': `"${accepted.member.version}"` };
    const changed = await request('PATCH', path, { locale }, headers);
    const answer = changed.status === 200 ? changed : await request('GET', path, undefined);
    if (answer.status === 200) accepted.member = answer.body as MemberResource;
    else violated('G1', `member ${accepted.member.id} was promised, and reading it gives ${answer.status}`);
  }

  /** The same key gets the same operation, however often it is requested. */
  async function redeem(memberId: string, expiresIn: number): Promise<void> {
    const path = `/v1/members/${memberId}/redemptions`;
    const key = { 'idempotency-key': newId() };
    const body = { points: REDEEMED, expiresIn };
    const answers = [await request('POST', path, body, key), await request('POST', path, body, key)];
    // 200: the operation has ended already.
    const ids = new Set(
      answers.map(({ status, body: got }) => ([200, 202].includes(status) ? (got as OperationResource).id : status)),
    );
    const [id] = ids;
    if (ids.size > 1 || typeof id !== 'string') violated('G6', `a redemption of ${memberId} was answered ${[...ids]}`);
    else result.redemptions.push({ id, memberId, points: REDEEMED });
  }

  /** A response may be lost: the repeated request then gets 404. */
  async function deactivate({ id, phone, name }: FormerMember): Promise<void> {
    const { status } = await request('DELETE', `/v1/members/${id}`, undefined);
    if (![204, 404].includes(status)) violated('G1', `the leaving of ${id} was answered ${status}`);
    result.accepted = result.accepted.filter(({ member }) => member.id !== id);
    result.redemptions = result.redemptions.filter(({ memberId }) => memberId !== id);
    result.left.push({ id, phone, name });
  }

  let done = 0;
  await pMap(
    generatePeople(members, random),
    async (made) => {
      const accepted = 'person' in made ? await register(made.line, made.person as object) : undefined;
      if (accepted) {
        result.accepted.push(accepted);
        if (made.line % REDEEM_EVERY === 0)
          await redeem(accepted.member.id, made.line % IMPATIENT_EVERY === 0 ? 5 : 3600);
        const changes = made.line % CHANGE_EVERY === 0 ? 1 + (made.line % 9) / 3 : 0;
        for (let change = 0; change < changes; change++) {
          await changeLocale(accepted, LOCALES[(made.line + change) % LOCALES.length] ?? 'en');
        }
        if (made.line % REDEEM_EVERY === 0) await redeem(accepted.member.id, 3600);
        if (made.line % LEAVE_EVERY === FIRST_TO_LEAVE) await deactivate(accepted.member as MemberResource);
      }
      onProgress(++done);
    },
    { concurrency },
  );
  return result;
}
