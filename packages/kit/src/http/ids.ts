import { givenId } from '../contracts/fields.ts';
import { notFound } from './problems.ts';

/**
 * An id from a caller, normalized to the form in which it is stored. No table is read for text that is not an id.
 * @throws {Problem} 404 if the text is not an id
 * @beta
 */
export function idOf(text: string, what: string): string {
  const { data } = givenId.safeParse(text);
  if (data !== undefined) return data;
  throw notFound(`${what} of that id`);
}
