import type { ParkedView } from '../../../api.ts';

export const reasons: Array<ParkedView['reason']> = [
  'failed',
  'held',
  'retry',
  'gap',
  'unsent',
  'below-baseline',
  'unreadable',
];

/** Red for what waits for a person, orange for what somebody may release, blue for what goes on by itself. */
export const reasonColors: Record<ParkedView['reason'], string> = {
  failed: 'red',
  unreadable: 'red',
  'below-baseline': 'red',
  held: 'orange',
  gap: 'blue',
  retry: 'blue',
  unsent: 'blue',
};
