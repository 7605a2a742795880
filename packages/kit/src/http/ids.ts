import { givenId } from '../contracts/fields.ts';
import { notFound } from './problems.ts';

/**
 * An id from a caller, normalized to the form in which it is stored. Text that is not an id is rejected before a table
 * is read.
 * @throws {Problem} 404 if the text is not an id
 * @beta
 */
export function idOf(text: string, what: string): string {
  const { data } = givenId.safeParse(text);
  if (data !== undefined) return data;
  throw notFound(`${what} of that id`);
}
