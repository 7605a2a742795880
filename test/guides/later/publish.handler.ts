import { outboxFunctions } from '@rollcall/kit/messaging';

export const { relay, sweep } = outboxFunctions();
