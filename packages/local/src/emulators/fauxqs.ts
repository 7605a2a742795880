import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CloudError } from '../errors/cloud-error.ts';
import type { Emulator } from './dynoxide.ts';

/**
 * SNS, SQS and S3: fauxqs in a thread of its own, so that it has a core beside ours.
 * @param folder where it keeps its data; nothing: in memory
 */
export async function startMessaging(options: { folder: string | undefined; region: string }): Promise<Emulator> {
  const worker = new Worker(new URL(`./fauxqs-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: options,
  });
  try {
    const [url] = (await once(worker, 'message')) as [string];
    return {
      url,
      async stop() {
        worker.postMessage('stop');
        await once(worker, 'exit');
      },
    };
  } catch (cause) {
    throw new CloudError(
      `SNS, SQS and S3 (fauxqs) do not start${options.folder ? ` on ${options.folder}` : ''}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
