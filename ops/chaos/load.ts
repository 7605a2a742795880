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
  /** Former members. `accepted` does not contain them, and `redemptions` does not contain their redemptions. */
  formerMembers: FormerMember[];
  violations: Violation[];
  requests: number;
}

const LOCALES = ['en', 'es', 'zh-CN'];
/** Every n-th member sends the registration twice at once. */
const TWICE_EVERY = 10;
/** Every n-th member registers again with another idempotency key. */
const OTHER_KEY_EVERY = 20;
/** Every n-th member changes the locale, up to three times. */
const CHANGE_EVERY = 3;
/** Every n-th member redeems points twice. */
const REDEEM_EVERY = 4;
/** The first redemption of every n-th member has the shortest time limit that the API accepts. */
const IMPATIENT_EVERY = 16;
const REDEEMED = 30;
/** Every n-th member leaves after the member's other requests. Half of these members may have pending redemptions. */
const LEAVE_EVERY = 10;
const FIRST_TO_LEAVE = 8;
/** Enough to retry for more than half a minute, because the cloud may be killed and restarted in between. */
const ATTEMPTS = 60;

/**
 * Registers members over HTTP, changes their locales, redeems their points and deactivates them. Repeats a request
 * after 429, 5xx or no response.
 */
export async function load({ apiUrl, token, members, concurrency, random, onProgress }: LoadOptions): Promise<Load> {
  const result: Load = { accepted: [], redemptions: [], formerMembers: [], violations: [], requests: 0 };
  const request = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
    result.requests++;
    return send(`${apiUrl}${path}`, method, body, { ...headers, authorization: `Bearer ${token}` }, ATTEMPTS);
  };
  const addViolation = (guarantee: Violation['guarantee'], what: string) =>
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
    if (ids.size > 1) addViolation('G6', `one idempotency key got different responses: ${[...ids].join(', ')}`);
    const [first] = answers;
    if (first?.status !== 201) {
      addViolation('G6', `the API refused an unused phone: ${first && errorReason(first)}`);
      return undefined;
    }
    if (line % OTHER_KEY_EVERY === 0) {
      const other = await request('POST', '/v1/members', person, { 'idempotency-key': newId() });
      if (other.status !== 409)
        addViolation('G6', `a registered phone with another idempotency key got ${other.status} instead of 409`);
    }
    return { member: first.body as MemberResource, askedAt, httpMs: performance.now() - start };
  }

  /**
   * Changes the locale. Reads the member if the change does not succeed, because an earlier attempt may have made the
   * change.
   */
  async function changeLocale(accepted: Accepted, locale: string): Promise<void> {
    const path = `/v1/members/${accepted.member.id}`;
    const headers = { 'if-match': `"${accepted.member.version}"` };
    const changed = await request('PATCH', path, { locale }, headers);
    const answer = changed.status === 200 ? changed : await request('GET', path, undefined);
    if (answer.status === 200) accepted.member = answer.body as MemberResource;
    else
      addViolation(
        'G1',
        `member ${accepted.member.id} was registered, but reading the member returns ${answer.status}`,
      );
  }

  /** Sends the redemption twice with one idempotency key. Both responses must contain the same operation. */
  async function redeem(memberId: string, expiresIn: number): Promise<void> {
    const path = `/v1/members/${memberId}/redemptions`;
    const key = { 'idempotency-key': newId() };
    const body = { points: REDEEMED, expiresIn };
    const answers = [await request('POST', path, body, key), await request('POST', path, body, key)];
    // 200 means that the operation has already ended.
    const ids = new Set(
      answers.map(({ status, body: got }) => ([200, 202].includes(status) ? (got as OperationResource).id : status)),
    );
    const [id] = ids;
    if (ids.size > 1 || typeof id !== 'string')
      addViolation('G6', `the responses to one redemption of ${memberId} differ or failed: ${[...ids]}`);
    else result.redemptions.push({ id, memberId, points: REDEEMED });
  }

  /** A repeated request gets 204 too, for example if the first response was lost. */
  async function deactivate({ id, phone, name }: FormerMember): Promise<void> {
    const { status } = await request('DELETE', `/v1/members/${id}`, undefined);
    if (status !== 204) addViolation('G1', `the deactivation of ${id} returned ${status}`);
    result.accepted = result.accepted.filter(({ member }) => member.id !== id);
    result.redemptions = result.redemptions.filter(({ memberId }) => memberId !== id);
    result.formerMembers.push({ id, phone, name });
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
