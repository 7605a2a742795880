/** The sort key of the item that holds a member's journey and the cursor. */
export const JOURNEY = 'journey';
