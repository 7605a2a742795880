/** The item that carries a member's contact data, and the cursor. */
export const CONTACT = 'contact';
