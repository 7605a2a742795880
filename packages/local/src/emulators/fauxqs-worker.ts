import { AsyncLocalStorage } from 'node:async_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { buildApp } from 'fauxqs';
import { SENDER_HEADER, SNS_SENDER } from '../messages/senders.ts';
import { refusalOf } from '../server/guard.ts';

// startFauxqs() listens on every interface, waits for the disk at every message, and makes queue URLs that not every
// machine resolves. So the same parts are put together here; they are not exported, hence the pinned version.
const parts = new URL('.', import.meta.resolve('fauxqs'));
const part = async (path: string) => import(new URL(path, parts).href);
const [{ SqsStore }, { SnsStore }, { S3Store }, { PersistenceManager }] = await Promise.all([
  part('sqs/sqsStore.js'),
  part('sns/snsStore.js'),
  part('s3/s3Store.js'),
  part('persistence.js'),
]);

const { folder, region } = workerData as { folder: string | undefined; region: string };
const [sqsStore, snsStore, s3Store] = [new SqsStore(), new SnsStore(), new S3Store()];
// Queue URLs name the host that was asked.
sqsStore.host = undefined;

interface Message {
  messageId: string;
  senderId: string | undefined;
}
// fauxqs says of every message that the account sent it.
const sending = new AsyncLocalStorage<string | undefined>();
const { createMessage } = SqsStore;
SqsStore.createMessage = (...message: unknown[]): Message => ({
  ...createMessage(...message),
  senderId: sending.getStore(),
});
/** Of messages from before the start, by their ids. */
const keptSenders = new Map<string, string>();
const senderOf = ({ messageId, senderId }: Message) => senderId ?? keptSenders.get(messageId);

const persistence = folder ? new PersistenceManager(folder) : undefined;
if (persistence) {
  // Survives the death of this process, if not that of the machine.
  persistence.db.exec('PRAGMA synchronous = NORMAL');
  // Whoever had received a message is gone with the process that this one follows, so nobody will finish it.
  persistence.db.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
  persistence.loadSqsAndSns(sqsStore, snsStore);
  persistence.loadS3(s3Store);
  const columns = persistence.db.prepare("SELECT name FROM pragma_table_info('sqs_messages')").all();
  if (!columns.some(({ name }: { name: string }) => name === 'sender_id'))
    persistence.db.exec('ALTER TABLE sqs_messages ADD COLUMN sender_id TEXT');
  for (const { message_id, sender_id } of persistence.db
    .prepare('SELECT message_id, sender_id FROM sqs_messages')
    .all())
    if (sender_id) keptSenders.set(message_id, sender_id);
  const keepSender = persistence.db.prepare('UPDATE sqs_messages SET sender_id = ? WHERE message_id = ?');
  const insertMessage = persistence.insertMessage.bind(persistence);
  // In one transaction: a process that dies in between would leave a message whose sender nobody knows, and which its
  // consumer parks for good.
  persistence.insertMessage = (queue: string, message: Message) => {
    persistence.db.exec('SAVEPOINT sent');
    insertMessage(queue, message);
    keepSender.run(senderOf(message) ?? null, message.messageId);
    persistence.db.exec('RELEASE sent');
  };
  for (const store of [sqsStore, snsStore, s3Store, ...sqsStore.allQueues()]) store.persistence = persistence;
}

const app = buildApp({ logger: false, defaultRegion: region, stores: { sqsStore, snsStore, s3Store } });
app.addHook('onRequest', async ({ headers }, reply) => {
  const refusal = refusalOf(headers);
  if (refusal !== undefined) return reply.code(403).send({ message: refusal });
});
app.addHook('preHandler', ({ headers }, _, done) => {
  const isQuery = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  sending.run(isQuery ? SNS_SENDER : headers[SENDER_HEADER]?.toString(), done);
});
app.addHook('preSerialization', async ({ body }, _, answer) => {
  const { Messages = [] } = answer as {
    Messages?: Array<{ ReceiptHandle: string; Attributes?: { SenderId?: string } }>;
  };
  for (const { ReceiptHandle, Attributes } of Messages) {
    const received = sqsStore.getQueue((body as { QueueUrl: string }).QueueUrl)?.inflightMessages.get(ReceiptHandle);
    if (Attributes?.SenderId && received) Attributes.SenderId = senderOf(received.message) ?? Attributes.SenderId;
  }
  return answer;
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
parentPort?.once('message', async () => {
  await app.close();
  persistence?.close();
});
parentPort?.postMessage(url);
