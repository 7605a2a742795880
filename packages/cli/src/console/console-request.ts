import * as z from 'zod';
import { ConsoleProblem } from './problem.ts';

export interface ConsoleRequest {
  /** Parameters of the path, in order. */
  names: string[];
  query: URLSearchParams;
  body: unknown;
}

/** A value to be answered as JSON, or lines of it as they come. */
export type RouteHandler = (request: ConsoleRequest) => Promise<unknown> | AsyncIterable<unknown>;

/** The body of a request. @throws {ConsoleProblem} if it has another shape */
export function read<S extends z.ZodType>(shape: S, body: unknown): z.output<S> {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  throw new ConsoleProblem(
    422,
    { en: 'The request is invalid.', zh: '请求不符合要求。' },
    { detail: z.prettifyError(result.error) },
  );
}
