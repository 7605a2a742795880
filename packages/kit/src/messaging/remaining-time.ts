import type { Context } from 'aws-lambda';

/** A sweep begins nothing new with less time than this left: reading, trying and writing take six seconds each at worst. */
const RESERVE_MS = 20_000;

/** Whether a function has the time to begin something more. */
export const hasTime = ({ getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>): boolean =>
  getRemainingTimeInMillis() > RESERVE_MS;
