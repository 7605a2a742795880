/** The sort key of the item that holds a member's contact data and the cursor. */
export const CONTACT = 'contact';
