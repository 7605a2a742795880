import type { Context } from 'aws-lambda';

/** A sweep starts nothing new with less time left: reading, trying and writing take at most six seconds each. */
const RESERVE_MS = 20_000;

/** Whether a function has time to start something more. */
export const hasTime = ({ getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>): boolean =>
  getRemainingTimeInMillis() > RESERVE_MS;
