import { parentPort, workerData } from 'node:worker_threads';
import { buildApp } from 'fauxqs';

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

const persistence = folder ? new PersistenceManager(folder) : undefined;
if (persistence) {
  // Survives the death of this process, if not that of the machine.
  persistence.db.exec('PRAGMA synchronous = NORMAL');
  // Whoever had received a message is gone with the process that this one follows, so nobody will finish it.
  persistence.db.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
  persistence.loadSqsAndSns(sqsStore, snsStore);
  for (const store of [sqsStore, snsStore, ...sqsStore.allQueues()]) store.persistence = persistence;
}

const app = buildApp({ logger: false, defaultRegion: region, stores: { sqsStore, snsStore, s3Store } });
const url = await app.listen({ host: '127.0.0.1', port: 0 });
parentPort?.once('message', async () => {
  await app.close();
  persistence?.close();
});
parentPort?.postMessage(url);
