import { errorReason } from 'rollcall/internal/parsed-response';
import { v7 as newId } from 'uuid';
import type { MemberResource } from '../../shared/contracts/member.ts';
import type { OperationResource } from '../../shared/contracts/operation.ts';
import type { Line } from './input.ts';
import type { RequestedRedemption } from './redemptions.ts';
import { send } from './send.ts';

/** A member as the API last confirmed it. */
export interface Accepted {
  member: Pick<MemberResource, 'id' | 'phone' | 'locale' | 'version'>;
  /** When registration was requested, in epoch milliseconds. */
  askedAt: number;
  httpMs: number;
}

export interface Registrations {
  accepted: Accepted[];
  rejected: Array<{ line: number; reason: string }>;
  redemptions: RequestedRedemption[];
}

export interface RegisterOptions {
  apiUrl: string;
  /** A token that allows changing every member. */
  token: string;
  /** Concurrent requests. */
  concurrency: number;
  /** Every n-th member changes the locale immediately after registration. 0: none. */
  changeEvery: number;
  /** Points that every member redeems immediately after registration. Undefined: none. */
  redeem?: number | undefined;
  onProgress: (done: number) => void;
  onAccepted?: (accepted: Accepted) => void;
}

const CHANGED_LOCALE = 'zh-CN';

/**
 * Registers people over HTTP. Records each person as accepted or rejected, even if there is no response. Then redeems
 * points and changes locales, as the options require.
 */
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
    const sent = await send(`${apiUrl}/v1/members`, 'POST', line.person, { 'idempotency-key': newId() });
    const httpMs = performance.now() - start;
    if (sent.status !== 201) {
      const unknown = sent.outcomeUnknown ? 'outcome unknown, the member may be registered: ' : '';
      result.rejected.push({ line: line.line, reason: unknown + errorReason(sent) });
      return;
    }
    const accepted = { member: sent.body as MemberResource, askedAt, httpMs };
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
    const isAccepted = status === 202 || status === 200;
    // If the API refuses the operation, this id makes the comparison report the operation as lost.
    const id = isAccepted ? (body as OperationResource).id : `refused with ${status}`;
    result.redemptions.push({ id, memberId, points });
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
