/** Prefix of its resource names: `rollcall-STAGE-…`. */
export const APPLICATION = 'rollcall';
