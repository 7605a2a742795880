import { WAITS_FOR } from '@rollcall/kit/internal/messaging/parked';
import type { ParkedView } from '../../../api.ts';

const COLORS = { 'a person': 'red', 'its release': 'orange', 'its time': 'blue', 'its turn': 'blue' };

/** Red: needs an operator. Orange: may be released. Blue: resolves automatically. */
export const colorOf = (reason: ParkedView['reason']): string => COLORS[WAITS_FOR[reason]];
