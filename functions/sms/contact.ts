/** The item that carries how to reach a member, and with it the cursor. */
export const CONTACT = 'contact';
