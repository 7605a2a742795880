/** The service in AWS Cloud Map whose instances, by their ids, are the services that have subscribed to a topic. */
export const subscribersEntry = (topic: string): string => `${topic}-subscribers`;
