/** Its resources are called `rollcall-STAGE-…`. */
export const APPLICATION = 'rollcall';
