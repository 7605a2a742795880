/** The item that carries a member's journey, and the cursor. */
export const JOURNEY = 'journey';
