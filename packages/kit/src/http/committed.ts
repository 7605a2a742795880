import { etag } from './conditions.ts';
import { busy, notFound, Problem } from './problems.ts';

/**
 * What a publisher's `create` or `change` answers, but what a companion refused: what that means, only the service knows.
 * @public
 */
export type PublisherResult<State> =
  | { result: 'done' | 'unchanged'; state: State }
  | { result: 'overtaken' | 'taken'; state: State }
  | { result: 'missing' | 'busy' }
  | { result: 'refused'; by: never };

/**
 * The state that a publisher has committed, or found to be so already.
 * @param what it is, as in `There is no order 1 here.`
 * @throws {Problem} not-found where there is none; version-mismatch if it is at another version than the one asked for, or, of
 * `create`, there already; busy if others were faster each time
 * @public
 */
export function committed<State extends { version: number }>(outcome: PublisherResult<State>, what: string): State {
  switch (outcome.result) {
    case 'done':
    case 'unchanged':
      return outcome.state;
    case 'missing':
      throw notFound(what);
    case 'overtaken':
      throw new Problem('version-mismatch', `The ${what} is ${etag(outcome.state.version)} by now. Read it again.`);
    case 'taken':
      throw new Problem('version-mismatch', `The ${what} is there already.`);
    default:
      throw busy(`Others change the ${what}. Try again.`);
  }
}
