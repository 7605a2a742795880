/** The item that carries a member's journey, and with it the cursor. */
export const JOURNEY = 'journey';
