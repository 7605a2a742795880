/** The sort key of the item that holds both a member's contact data and the event consumer's cursor for the member. */
export const CONTACT = 'contact';
