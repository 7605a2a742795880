import { committed, type PublisherResult } from '@rollcall/kit/internal/http/committed';
import { expect, it } from 'vitest';

const state = { version: 3, name: 'a book' };

it.each<PublisherResult<typeof state>>([
  { result: 'done', state },
  { result: 'unchanged', state },
])('a change that is committed, or was not needed, returns the state: $result', (outcome) => {
  expect(committed(outcome, 'item 1')).toBe(state);
});

it.each<[PublisherResult<typeof state>, number, string]>([
  [{ result: 'missing' }, 404, 'There is no item 1 here.'],
  [{ result: 'overtaken', state }, 412, 'The item 1 now has the version "3". Read it again.'],
  [{ result: 'busy' }, 503, 'The item 1 is being changed by others. Try again.'],
  [{ result: 'taken', state }, 412, 'The item 1 already exists.'],
])('any other result is an HTTP problem: %j', (outcome, status, message) => {
  expect(() => committed(outcome, 'item 1')).toThrow(expect.objectContaining({ status, message }));
});
