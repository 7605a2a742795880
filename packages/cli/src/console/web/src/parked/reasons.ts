import { WAITS_FOR } from '@rollcall/kit/internal/messaging/parked';
import type { ParkedView } from '../../../api.ts';

const COLORS = { 'a person': 'red', 'its release': 'orange', 'its time': 'blue', 'its turn': 'blue' };

/** Red for what waits for a person, orange for what somebody may release, blue for what goes on by itself. */
export const colorOf = (reason: ParkedView['reason']): string => COLORS[WAITS_FOR[reason]];
