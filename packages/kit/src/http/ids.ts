import { givenId } from '../contracts/fields.ts';
import { notFound } from './problems.ts';

/**
 * An id that a caller gave, as it is stored. What is none of ours is nobody's: no table need be asked. @throws {Problem} 404
 * @beta
 */
export function idOf(text: string, what: string): string {
  const { data } = givenId.safeParse(text);
  if (data !== undefined) return data;
  throw notFound(`${what} of that id`);
}
