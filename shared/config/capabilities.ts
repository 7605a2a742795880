/**
 * What can be switched, and to what besides `on`: consumers can `pause` (messages wait) and `skip` (messages are held
 * for a person to make up for); the others are degraded modes of their own.
 */
export const capabilities = {
  registration: ['read-only'],
  sms: ['pause', 'skip', 'short-text'],
  points: ['pause', 'skip'],
  guide: ['pause', 'skip', 'english-only'],
} as const satisfies Record<string, readonly string[]>;

export type Capability = keyof typeof capabilities;

export type Mode<C extends Capability = Capability> = 'on' | (typeof capabilities)[C][number];

/** Several capabilities at once. Those that a profile does not name it leaves as they are. */
export const profiles = {
  /** Everything as it should be. */
  normal: { registration: 'on', sms: 'on', points: 'on', guide: 'on' },
  /** More members than usual: texts as short as can be, and no more languages than needed. */
  peak: { sms: 'short-text', guide: 'english-only' },
  /** Something is wrong: nothing new comes in, and nothing goes out. */
  incident: { registration: 'read-only', sms: 'pause', points: 'pause', guide: 'pause' },
} as const satisfies Record<string, { [C in Capability]?: Mode<C> }>;
