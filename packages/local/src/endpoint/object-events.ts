import type { S3Call } from '../iam/s3-requests.ts';
import type { ObjectChange, ObjectEvent, ObjectFacts } from '../services/bucket-notifications.ts';
import { keyOf } from './callers.ts';
import type { EndpointOptions } from './options.ts';
import type { ServiceCall } from './upstream.ts';

type Options = Pick<EndpointOptions, 'access' | 'messagingUrl' | 'bucketNotifications'>;

const EVENTS: Readonly<Record<string, ObjectEvent>> = {
  PutObject: 'ObjectCreated:Put',
  CopyObject: 'ObjectCreated:Copy',
  CompleteMultipartUpload: 'ObjectCreated:CompleteMultipartUpload',
  DeleteObject: 'ObjectRemoved:Delete',
};

/** Sends the bucket's notifications about the objects that an S3 call has created or removed. */
export async function notifyOfObjects(
  { access, messagingUrl, bucketNotifications }: Options,
  { request, body }: ServiceCall,
  { operation, bucket }: S3Call,
): Promise<void> {
  const { userId: principalId } = access.identityOf(keyOf(request));
  const path = (request.url ?? '/').split('?')[0] ?? '';
  const notify = (event: ObjectEvent, key: string) => {
    const change: ObjectChange = { event, bucket, key, principalId };
    return bucketNotifications.notify(change, () => factsOf(`${messagingUrl}${path}`));
  };
  const key = path.slice(1).split('/').slice(1).map(decodeURIComponent).join('/');
  const event = EVENTS[operation];
  if (event) return notify(event, key);
  if (operation === 'DeleteObjects')
    for (const removed of keysIn(body.toString())) await notify('ObjectRemoved:Delete', removed);
}

async function factsOf(url: string): Promise<ObjectFacts> {
  const { headers } = await fetch(url, { method: 'HEAD' });
  return { size: Number(headers.get('content-length')), eTag: (headers.get('etag') ?? '').replaceAll('"', '') };
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** The keys in a DeleteObjects request: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const keysIn = (xml: string): string[] =>
  [...xml.matchAll(/<Key>(.*?)<\/Key>/gs)].map(([, key = '']) =>
    key
      .replace(/&#x([\da-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
      .replace(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity),
  );
