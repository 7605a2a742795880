import * as z from 'zod';
import { ConsoleProblem } from './problem.ts';

export interface ConsoleRequest {
  /** Values of the path's parameters, in order. */
  parameters: string[];
  query: URLSearchParams;
  body: unknown;
}

/** Either returns a value, which is sent as JSON, or yields values, which are sent as lines of NDJSON. */
export type RouteHandler = (request: ConsoleRequest) => Promise<unknown> | AsyncIterable<unknown>;

/** Parses the body of a request. @throws {ConsoleProblem} if the body does not match the shape */
export function parseBody<S extends z.ZodType>(shape: S, body: unknown): z.output<S> {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  throw new ConsoleProblem(
    422,
    { en: 'The request is invalid.', zh: '请求无效。' },
    { detail: z.prettifyError(result.error) },
  );
}
