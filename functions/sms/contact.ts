/** The sort key of the item that holds a member's contact data, and the cursor of the consumer of events for the member. */
export const CONTACT = 'contact';
