/** The name of the application. The names of its resources begin with it: `rollcall-STAGE-…`. */
export const APPLICATION = 'rollcall';
