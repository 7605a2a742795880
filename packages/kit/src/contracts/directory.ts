/**
 * The name of the AWS Cloud Map service that lists a topic's subscribers. Each instance id of this Cloud Map service is
 * the name of a subscriber.
 */
export const subscribersServiceName = (topic: string): string => `${topic}-subscribers`;
