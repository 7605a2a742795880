import { randomUUID } from 'node:crypto';
import type { BusEvent } from './event-buses.ts';

/** The name of an S3 event. */
export type ObjectEvent =
  | 'ObjectCreated:Put'
  | 'ObjectCreated:Copy'
  | 'ObjectCreated:CompleteMultipartUpload'
  | 'ObjectRemoved:Delete';

/** The S3 events that occur in the embedded cloud, and the wildcards for them. */
export const OBJECT_EVENTS: Readonly<Record<string, readonly ObjectEvent[]>> = {
  's3:ObjectCreated:*': ['ObjectCreated:Put', 'ObjectCreated:Copy', 'ObjectCreated:CompleteMultipartUpload'],
  's3:ObjectCreated:Put': ['ObjectCreated:Put'],
  's3:ObjectCreated:Copy': ['ObjectCreated:Copy'],
  's3:ObjectCreated:CompleteMultipartUpload': ['ObjectCreated:CompleteMultipartUpload'],
  's3:ObjectRemoved:*': ['ObjectRemoved:Delete'],
  's3:ObjectRemoved:Delete': ['ObjectRemoved:Delete'],
};

/** A change of an object. */
export interface ObjectChange {
  event: ObjectEvent;
  bucket: string;
  key: string;
  /** The unique id of the principal who changed the object. */
  principalId: string;
}

/** The data about a created object in notifications. */
export interface ObjectFacts {
  size: number;
  eTag: string;
}

export interface Notification {
  id: string;
  events: readonly ObjectEvent[];
  prefix: string;
  suffix: string;
  /** Delivers a message in S3's format. */
  deliver: (message: string) => Promise<void>;
}

interface BucketSettings {
  notifications: Notification[];
  /** Puts an event on the default bus. Undefined: the bucket does not notify EventBridge. */
  toBus?: ((event: BusEvent) => Promise<void>) | undefined;
}

/**
 * S3's notifications about objects, by bucket
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html).
 */
export class BucketNotifications {
  readonly #place: { region: string; accountId: string };
  #buckets = new Map<string, BucketSettings>();
  #sequence = 0;

  constructor({ region, accountId }: { region: string; accountId: string }) {
    this.#place = { region, accountId };
  }

  add(bucket: string, { notifications, toBus }: BucketSettings): void {
    const before = this.#buckets.get(bucket) ?? { notifications: [] };
    const all = [...before.notifications, ...notifications];
    this.#buckets.set(bucket, { notifications: all, toBus: toBus ?? before.toBus });
  }

  /** Replaces the configuration of all buckets with the configuration in another instance, atomically. */
  replaceWith(other: BucketNotifications): void {
    this.#buckets = other.#buckets;
  }

  /** Whether any bucket notifies EventBridge. */
  get useEventBridge(): boolean {
    return [...this.#buckets.values()].some(({ toBus }) => toBus);
  }

  /**
   * Sends the notifications of a change. Resolves when queues, topics and buses have the notifications.
   * @param factsOf invoked only for a created object, and only if the change has a target
   */
  async notify(change: ObjectChange, factsOf: () => Promise<ObjectFacts>): Promise<void> {
    const ofBucket = this.#buckets.get(change.bucket);
    const matching = (ofBucket?.notifications ?? []).filter(
      ({ events, prefix, suffix }) =>
        events.includes(change.event) && change.key.startsWith(prefix) && change.key.endsWith(suffix),
    );
    if (matching.length === 0 && !ofBucket?.toBus) return;
    const facts = change.event.startsWith('ObjectRemoved') ? {} : await factsOf();
    const sequencer = (++this.#sequence).toString(16).toUpperCase().padStart(18, '0');
    const at = new Date();
    await Promise.all([
      ...matching.map(({ id, deliver }) => deliver(this.#message(change, id, { ...facts, sequencer }, at))),
      ofBucket?.toBus?.(this.#busEvent(change, { ...facts, sequencer }, at)),
    ]);
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
  #message(
    { event, bucket, key, principalId }: ObjectChange,
    configurationId: string,
    facts: object,
    at: Date,
  ): string {
    const record = {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: this.#place.region,
      eventTime: at.toISOString(),
      eventName: event,
      userIdentity: { principalId: `AWS:${principalId}` },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { 'x-amz-request-id': randomUUID(), 'x-amz-id-2': randomUUID() },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId,
        bucket: { name: bucket, ownerIdentity: { principalId: this.#place.accountId }, arn: `arn:aws:s3:::${bucket}` },
        object: { key: encoded(key), ...facts },
      },
    };
    return JSON.stringify({ Records: [record] });
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
  #busEvent(
    { event, bucket, key, principalId }: ObjectChange,
    facts: Partial<ObjectFacts> & { sequencer: string },
    at: Date,
  ): BusEvent {
    const { eTag: etag, ...others } = facts;
    const operation = event.split(':')[1] ?? '';
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': event.startsWith('ObjectCreated') ? 'Object Created' : 'Object Deleted',
      source: 'aws.s3',
      account: this.#place.accountId,
      time: at.toISOString().replace(/\.\d+Z$/, 'Z'),
      region: this.#place.region,
      resources: [`arn:aws:s3:::${bucket}`],
      detail: {
        version: '0',
        bucket: { name: bucket },
        object: { key, ...others, ...(etag !== undefined && { etag }) },
        'request-id': randomUUID(),
        requester: principalId,
        'source-ip-address': '127.0.0.1',
        reason: REASONS[operation] ?? operation,
        ...(operation === 'Delete' && { 'deletion-type': 'Permanently Deleted' }),
      },
    };
  }
}

const REASONS: Record<string, string> = { Put: 'PutObject', Copy: 'CopyObject', Delete: 'DeleteObject' };

/** Encodes a key like a value of a form, but leaves slashes unchanged. */
const encoded = (key: string): string => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
