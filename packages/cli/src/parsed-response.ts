import { STATUS_CODES } from 'node:http';
import { problem } from '@rollcall/kit/internal/contracts/problem';
import * as z from 'zod';
import { parseJson } from './json.ts';

export interface ParsedResponse {
  status: number;
  /** Parsed if it is JSON. */
  body: unknown;
}

export async function parseResponse(response: Response): Promise<ParsedResponse> {
  const { status } = response;
  const text = await response.text();
  return { status, body: parseJson(text) ?? text };
}

/** Services return problem documents, API Gateway returns `{message}`, and a proxy may return any body. */
const errorBody = problem.extend({ message: z.string() }).partial();

/** A readable reason for an error response. */
export function errorReason({ status, body }: ParsedResponse): string {
  const { errors = [], detail, title, message } = errorBody.safeParse(body).data ?? {};
  if (errors.length > 0)
    return errors.map(({ pointer, detail: what }) => `${pointer.replace(/^#\/?/, '') || 'body'} ${what}`).join('; ');
  return detail ?? title ?? `${status} ${message ?? STATUS_CODES[status] ?? '(no reason given)'}`;
}
