/**
 * Faults of a provider. `hangs`: does not accept the SMS and does not respond. `answer lost`: accepts the SMS and does
 * not respond. `undelivered`: accepts the SMS, and later reports that it could not be delivered.
 */
export const FAULTS = [
  'fails',
  'refuses',
  'opted out',
  'undelivered',
  'throttles',
  'hangs',
  'answer lost',
  'slow',
  'down',
] as const;

export interface SmsFault {
  kind: (typeof FAULTS)[number];
  /** The delay of `slow`. Default: 1,000. */
  ms?: number;
}
