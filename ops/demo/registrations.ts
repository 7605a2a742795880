import { setTimeout as delay } from 'node:timers/promises';
import { v7 as newId } from 'uuid';
import type { MemberResource } from '../../shared/contracts/member.ts';
import type { OperationResource } from '../../shared/contracts/operation.ts';
import type { ProblemDocument } from '../../shared/contracts/problem.ts';
import type { Line } from './input.ts';
import type { Asked } from './redemptions.ts';

/** A member as the API last confirmed it. */
export interface Accepted {
  member: Pick<MemberResource, 'id' | 'phone' | 'locale' | 'version'>;
  /** Epoch milliseconds at which registration was asked for. */
  askedAt: number;
  httpMs: number;
}

export interface Registrations {
  accepted: Accepted[];
  rejected: Array<{ line: number; reason: string }>;
  redemptions: Asked[];
}

export interface RegisterOptions {
  apiUrl: string;
  /** Lets every member be changed. */
  token: string;
  /** Requests under way at once. */
  concurrency: number;
  /** Every so many-th member changes their locale right after they registered; 0: nobody does. */
  changeEvery: number;
  /** Points that every member redeems right after they registered; none: nobody does. */
  redeem?: number | undefined;
  onProgress: (done: number) => void;
  onAccepted?: (accepted: Accepted) => void;
}

const ATTEMPTS = 5;
const LONGEST_PAUSE_MS = 1_000;
const CHANGED_LOCALE = 'zh-CN';

/** Registers people over HTTP. A request that fails for now is repeated with its Idempotency-Key. */
export async function registerAll(lines: AsyncIterable<Line>, options: RegisterOptions): Promise<Registrations> {
  const { apiUrl, token, concurrency, changeEvery, redeem, onProgress, onAccepted } = options;
  const result: Registrations = { accepted: [], rejected: [], redemptions: [] };
  let done = 0;
  const authorization = `Bearer ${token}`;

  async function register(line: Line): Promise<void> {
    if ('problem' in line) {
      result.rejected.push({ line: line.line, reason: line.problem });
      return;
    }
    const askedAt = Date.now();
    const start = performance.now();
    const response = await send(`${apiUrl}/v1/members`, 'POST', line.person, { 'idempotency-key': newId() });
    const httpMs = performance.now() - start;
    if (response.status !== 201) {
      result.rejected.push({ line: line.line, reason: reasonOf(response.body as ProblemDocument) });
      return;
    }
    const accepted = { member: response.body as MemberResource, askedAt, httpMs };
    result.accepted.push(accepted);
    onAccepted?.(accepted);
    if (redeem !== undefined) await redeemPoints(accepted.member.id, redeem);
    if (changeEvery === 0 || result.accepted.length % changeEvery !== 0) return;
    const { id, version } = accepted.member;
    const changed = await send(
      `${apiUrl}/v1/members/${id}`,
      'PATCH',
      { locale: CHANGED_LOCALE },
      { authorization, 'if-match': `"${version}"` },
    );
    if (changed.status === 200) accepted.member = changed.body as MemberResource;
  }

  async function redeemPoints(memberId: string, points: number): Promise<void> {
    const url = `${apiUrl}/v1/members/${memberId}/redemptions`;
    const { status, body } = await send(
      url,
      'POST',
      { points, expiresIn: 3600 },
      { authorization, 'idempotency-key': newId() },
    );
    const { id } = body as OperationResource;
    // One that the API does not accept is found missing.
    result.redemptions.push({ id: status === 202 || status === 200 ? id : `refused with ${status}`, memberId, points });
  }

  const iterator = lines[Symbol.asyncIterator]();
  async function work(): Promise<void> {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      await register(next.value);
      onProgress(++done);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  result.rejected.sort((a, b) => a.line - b.line);
  return result;
}

/** A request that fails for now is repeated, after a pause that doubles up to a second. */
export async function send(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
  attempts = ATTEMPTS,
) {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer = { status: response.status, body: (await response.json()) as unknown };
      if ((response.status < 500 && response.status !== 429) || attempt === attempts) return answer;
    } catch (error) {
      if (attempt === attempts) throw error;
    }
    await delay(Math.min(100 * 2 ** attempt, LONGEST_PAUSE_MS));
  }
}

const reasonOf = ({ title, detail, errors }: ProblemDocument) =>
  errors?.map(({ pointer, detail: what }) => `${pointer.replace(/^#\/?/, '') || 'body'} ${what}`).join('; ') ??
  detail ??
  title;
