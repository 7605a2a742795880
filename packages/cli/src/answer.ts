import { STATUS_CODES } from 'node:http';
import { problem } from '@rollcall/kit/internal/contracts/problem';
import * as z from 'zod';
import { jsonIn } from './json.ts';

export interface Answer {
  status: number;
  /** Parsed if it is JSON. */
  body: unknown;
}

export async function readAnswer(response: Response): Promise<Answer> {
  const { status } = response;
  const text = await response.text();
  return { status, body: jsonIn(text) ?? text };
}

/** Services return problem documents, API Gateway returns `{message}`, and a proxy may return any body. */
const refusal = problem.extend({ message: z.string() }).partial();

/** A readable reason for an error response. */
export function reasonOf({ status, body }: Answer): string {
  const { errors = [], detail, title, message } = refusal.safeParse(body).data ?? {};
  if (errors.length > 0)
    return errors.map(({ pointer, detail: what }) => `${pointer.replace(/^#\/?/, '') || 'body'} ${what}`).join('; ');
  return detail ?? title ?? `${status} ${message ?? STATUS_CODES[status] ?? '(no reason given)'}`;
}
