/**
 * The AWS Cloud Map service that lists a topic's subscribers: its instance ids are the names of the subscribed
 * services.
 */
export const subscribersEntry = (topic: string): string => `${topic}-subscribers`;
