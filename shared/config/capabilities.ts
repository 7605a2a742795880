/**
 * The capabilities and their modes besides `on`. While a capability has the mode `pause`, the messages of its consumers
 * wait. In the mode `skip`, these messages are held until an operator releases or discards them. Only a held event that
 * erases data needs no operator: the sweep applies it. The other modes are degraded modes.
 */
export const capabilities = {
  registration: ['read-only'],
  sms: ['pause', 'skip', 'short-text'],
  points: ['pause', 'skip'],
  guide: ['pause', 'skip', 'english-only'],
} as const satisfies Record<string, readonly string[]>;

export type Capability = keyof typeof capabilities;

export type Mode<C extends Capability = Capability> = 'on' | (typeof capabilities)[C][number];

/** Groups of capabilities to switch at once. A profile does not change the capabilities that it does not name. */
export const profiles = {
  /** Normal operation. */
  normal: { registration: 'on', sms: 'on', points: 'on', guide: 'on' },
  /** High load: short SMS, and the guide in English only. */
  peak: { sms: 'short-text', guide: 'english-only' },
  /** Incident: the API refuses all changes, and the other capabilities are paused. */
  incident: { registration: 'read-only', sms: 'pause', points: 'pause', guide: 'pause' },
} as const satisfies Record<string, { [C in Capability]?: Mode<C> }>;
