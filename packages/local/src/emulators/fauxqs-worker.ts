import { MessageChannel, parentPort, workerData } from 'node:worker_threads';
import { buildApp } from 'fauxqs';
import { queryCodeOf } from '../errors/sqs-codes.ts';
import { SENDER_HEADER, SNS_SENDER } from '../messages/senders.ts';
import { refusalOf } from '../server/guard.ts';
import type { AuthorizationRequest } from './fauxqs.ts';
import { type Message, persistMetadata, recordMetadata, withSender } from './message-metadata.ts';
import { createMessageMoves } from './message-moves.ts';
import { type Listed, type ListOptions, listPage } from './object-list.ts';
import { faultOf, type ObjectRequest } from './object-rules.ts';
import { checkWhenDue } from './queue-timers.ts';
import { typeErrorOf } from './request-types.ts';
import { createSystemAttributes } from './system-attributes.ts';

// startFauxqs() listens on every interface, waits for the disk at every message, and creates queue URLs whose host some
// machines cannot resolve. Therefore this file assembles the parts of fauxqs differently. fauxqs does not export these
// parts, so a new version may move them. Therefore, the version of fauxqs is pinned.
const parts = new URL('.', import.meta.resolve('fauxqs'));
const part = async (path: string) => import(new URL(path, parts).href);
const [
  { SqsStore, SqsQueue },
  { SqsRouter },
  { SnsStore },
  { S3Store },
  { PersistenceManager },
  { SqsError, S3Error },
  { md5OfMessageAttributes },
  { decodeAwsChunked },
] = await Promise.all([
  part('sqs/sqsStore.js'),
  part('sqs/sqsRouter.js'),
  part('sns/snsStore.js'),
  part('s3/s3Store.js'),
  part('persistence.js'),
  part('common/errors.js'),
  part('common/md5.js'),
  part('s3/chunkedEncoding.js'),
]);

const { folder, region } = workerData as { folder: string | undefined; region: string };
const [sqsStore, snsStore, s3Store] = [new SqsStore(), new SnsStore(), new S3Store()];
// Without a host, fauxqs creates queue URLs with the host of the request.
sqsStore.host = undefined;
recordMetadata(SqsStore, SqsQueue);
s3Store.listObjects = (bucket: string, options: ListOptions = {}) => {
  const objects: Map<string, Listed> | undefined = s3Store.buckets.get(bucket);
  if (!objects) throw new S3Error('NoSuchBucket', `The specified bucket does not exist: ${bucket}`, 404);
  return listPage(objects.values(), options);
};
checkWhenDue(SqsQueue);

const persistence = folder ? new PersistenceManager(folder) : undefined;
if (persistence) {
  // Data survives a crash of this process, but not of the machine.
  persistence.db.exec('PRAGMA synchronous = NORMAL');
  // Makes all messages visible, because the receivers of hidden messages ended with the previous process.
  const VISIBLE = 'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL';
  persistence.db.exec(VISIBLE);
  // fauxqs sets no receive count for a message that becomes visible again. The table `sqs_messages` rejects a row
  // without a receive count, so the message would be lost.
  const makeVisible = persistence.db.prepare(`${VISIBLE} WHERE message_id = ?`);
  persistence.updateMessageReady = (messageId: string) => makeVisible.run(messageId);
  persistence.loadSqsAndSns(sqsStore, snsStore);
  persistence.loadS3(s3Store);
  persistence.insertMessage = persistMetadata(
    { db: persistence.db, insertMessage: persistence.insertMessage.bind(persistence) },
    sqsStore,
  );
  for (const store of [sqsStore, snsStore, s3Store, ...sqsStore.allQueues()]) store.persistence = persistence;
}

// fauxqs begins all error codes with AWS.SimpleQueueService, but SQS begins only some codes with this prefix.
Object.defineProperty(SqsError.prototype, 'queryErrorHeader', {
  get(this: { code: string; senderFault: boolean }) {
    return `${queryCodeOf(this.code)};${this.senderFault ? 'Sender' : 'Receiver'}`;
  },
});

async function authorizeSending(authorization: string | undefined, queueArn: string): Promise<void> {
  const { port1, port2: replyPort } = new MessageChannel();
  const reply = new Promise<string | undefined>((resolve) => port1.once('message', resolve));
  parentPort?.postMessage({ authorization, queueArn, replyPort } satisfies AuthorizationRequest, [replyPort]);
  const refusal = await reply;
  port1.close();
  if (refusal !== undefined) throw new Error(refusal);
}

const moves = createMessageMoves({
  authorizeSending,
  store: sqsStore,
  createMessage: ({ body, messageAttributes, messageGroupId, messageId, senderId, traceHeader }, delay): Message => ({
    // Replaces the deduplication id with the unique message id, because a moved message is not a duplicate.
    ...SqsStore.createMessage(body, messageAttributes, delay, messageGroupId, messageGroupId && messageId),
    senderId,
    traceHeader,
  }),
  error: (code, message) => new SqsError(code, message, code === 'ResourceNotFoundException' ? 404 : 400),
});
const { register } = SqsRouter.prototype;
SqsRouter.prototype.register = function (action: string, handler: unknown) {
  register.call(this, action, handler);
  for (const [moveAction, handle] of Object.entries(moves.actions)) register.call(this, moveAction, handle);
};

const app = buildApp({ logger: false, defaultRegion: region, stores: { sqsStore, snsStore, s3Store } });
app.addHook('onRequest', async ({ headers }, reply) => {
  const refusal = refusalOf(headers);
  if (refusal !== undefined) return reply.code(403).send({ message: refusal });
});
app.setErrorHandler((error: Error, _, reply) => {
  // For an invalid JSON body, fauxqs returns 500, which clients would retry.
  if (!(error instanceof SyntaxError)) return reply.send(error);
  const message = `The request is not JSON: ${error.message}`;
  return reply.code(400).send({ __type: 'com.amazon.coral.service#SerializationException', message });
});
const systemAttributes = createSystemAttributes(sqsStore, md5OfMessageAttributes);
app.addHook('preHandler', ({ headers, body }, reply, done) => {
  const isQuery = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  const isSqs = headers['x-amz-target']?.toString().startsWith('AmazonSQS.');
  const refusal = isSqs ? (typeErrorOf(body) ?? systemAttributes.record(body)) : undefined;
  if (refusal !== undefined) {
    const error = new SqsError('InvalidParameterValue', refusal);
    return void reply.code(400).header('x-amzn-query-error', error.queryErrorHeader).send(error.toJSON());
  }
  const sender = isQuery ? SNS_SENDER : headers[SENDER_HEADER]?.toString();
  withSender({ sender, traceHeader: headers['x-amzn-trace-id']?.toString() }, done);
});
app.addHook('preHandler', (request, reply, done) => {
  const objectRequest = request as ObjectRequest;
  const fault =
    objectRequest.params.bucket === undefined ? undefined : faultOf(objectRequest, s3Store.buckets, decodeAwsChunked);
  if (!fault) return done();
  const [code, message, status] = fault;
  reply
    .code(status)
    .header('content-type', 'application/xml')
    .send(new S3Error(code, message, status).toXml());
});
app.addHook('preSerialization', async ({ body }, _, response) => systemAttributes.addTo(response, body));
const url = await app.listen({ host: '127.0.0.1', port: 0 });
parentPort?.once('message', async () => {
  moves.stop();
  await app.close();
  persistence?.close();
});
parentPort?.postMessage(url);
