import { etag } from './conditions.ts';
import { busy, notFound, Problem } from './problems.ts';

/**
 * The result of a publisher's `create` or `change`, except a refusal by a companion write, whose meaning only the
 * service knows.
 * @public
 */
export type PublisherResult<State> =
  | { result: 'done' | 'unchanged'; state: State }
  | { result: 'overtaken' | 'taken'; state: State }
  | { result: 'missing' | 'busy' }
  | { result: 'refused'; by: never };

/**
 * Returns the committed state, also if an earlier call committed it.
 * @param what the resource, as in `There is no order 1 here.`
 * @throws {Problem} not-found if it does not exist; version-mismatch if it is at another version than the one asked for
 * or, with `create`, exists already; busy if concurrent changes won every attempt
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
      throw busy(`The ${what} is being changed by others. Try again.`);
  }
}
