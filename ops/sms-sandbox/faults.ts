/**
 * Faults of a provider: `hangs` does not accept the SMS and does not respond, `answer lost` accepts it and does not
 * respond, `undelivered` accepts it and later reports that it could not be delivered.
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
  /** For `slow`. */
  ms?: number;
}
