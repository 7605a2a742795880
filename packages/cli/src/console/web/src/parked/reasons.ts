import { WAITS_FOR } from '@rollcall/kit/internal/messaging/parked';
import type { ParkedView } from '../../../api.ts';

const COLORS = { 'a person': 'red', 'its release': 'orange', 'its time': 'blue', 'its turn': 'blue' };

/** Red: the message needs an operator. Orange: an operator may release it. Blue: the sweep deals with it later. */
export const colorOf = (reason: ParkedView['reason']): string => COLORS[WAITS_FOR[reason]];
