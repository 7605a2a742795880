import { createClaimCheck, outboxFunctions } from '@rollcall/kit/messaging';

export const { relay, sweep } = outboxFunctions({ claimCheck: createClaimCheck() });
