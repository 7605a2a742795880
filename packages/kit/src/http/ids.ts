import { givenId } from '../contracts/fields.ts';
import { notFound } from './problems.ts';

/**
 * An id from a caller, in the form it is stored in. An id of another form cannot exist, so no table is read. @throws
 * {Problem} 404
 * @beta
 */
export function idOf(text: string, what: string): string {
  const { data } = givenId.safeParse(text);
  if (data !== undefined) return data;
  throw notFound(`${what} of that id`);
}
