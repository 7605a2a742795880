/**
 * The sort key of the item that holds both a member's journey and the cursor of the guide's consumer for the member.
 */
export const JOURNEY = 'journey';
