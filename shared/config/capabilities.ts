/**
 * The capabilities and their modes besides `on`: consumers can `pause` (messages wait) and `skip` (messages are held,
 * for a person to release); the others are degraded modes of a service.
 */
export const capabilities = {
  registration: ['read-only'],
  sms: ['pause', 'skip', 'short-text'],
  points: ['pause', 'skip'],
  guide: ['pause', 'skip', 'english-only'],
} as const satisfies Record<string, readonly string[]>;

export type Capability = keyof typeof capabilities;

export type Mode<C extends Capability = Capability> = 'on' | (typeof capabilities)[C][number];

/** Groups of capabilities to switch at once. Capabilities that a profile does not name stay as they are. */
export const profiles = {
  /** Normal operation. */
  normal: { registration: 'on', sms: 'on', points: 'on', guide: 'on' },
  /** High load: shortest texts, and no more languages than necessary. */
  peak: { sms: 'short-text', guide: 'english-only' },
  /** Incident: nothing new comes in, and nothing goes out. */
  incident: { registration: 'read-only', sms: 'pause', points: 'pause', guide: 'pause' },
} as const satisfies Record<string, { [C in Capability]?: Mode<C> }>;
