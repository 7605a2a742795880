import { etag } from './conditions.ts';
import { busy, notFound, Problem } from './problems.ts';

/**
 * The result of a publisher's `create` or `change`. The type excludes a refusal by one of the decision's other writes
 * (`beside`), because only the service can interpret such a refusal.
 * @public
 */
export type PublisherResult<State> =
  | { result: 'done' | 'unchanged'; state: State }
  | { result: 'overtaken' | 'taken'; state: State }
  | { result: 'missing' | 'busy' }
  | { result: 'refused'; by: never };

/**
 * Returns the committed state, whether this call or an earlier one committed it.
 * @param what the resource, as in `There is no order 1 here.`
 * @throws {Problem} not-found if the resource does not exist; version-mismatch if it has a version other than the
 * requested one or, with `create`, already exists; busy if every attempt conflicted with another change
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
      throw new Problem(
        'version-mismatch',
        `The ${what} now has the version ${etag(outcome.state.version)}. Read it again.`,
      );
    case 'taken':
      throw new Problem('version-mismatch', `The ${what} already exists.`);
    default:
      throw busy(`The ${what} is being changed by others. Try again.`);
  }
}
