/**
 * How a provider of the sandbox can be broken: `hangs` keeps the text out and answers nothing, `answer lost` keeps it and
 * answers nothing, `undelivered` accepts it and says later that it could not be delivered.
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
  /** Of `slow`. */
  ms?: number;
}
