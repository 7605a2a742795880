import type { Context } from 'aws-lambda';

/** With less time left, a sweep starts no further work: reading, applying and writing can take six seconds each. */
const RESERVE_MS = 20_000;

/** Whether a function has enough time left to start further work. */
export const hasTime = ({ getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>): boolean =>
  getRemainingTimeInMillis() > RESERVE_MS;
