import { once } from 'node:events';
import { extname } from 'node:path';
import { type MessagePort, Worker } from 'node:worker_threads';
import { CloudError } from '../errors/cloud-error.ts';
import type { Emulator } from './dynoxide.ts';

/** Asks whether the sender of a request may send to a queue that is determined later. */
export interface SendingAsked {
  /** Header of the request. */
  authorization: string | undefined;
  queueArn: string;
  /** Receives the reason for a denial; undefined: allowed. */
  answer: MessagePort;
}

export interface MessagingOptions {
  /** Data folder; undefined: in memory. */
  folder: string | undefined;
  region: string;
  /** Default: everybody may. @throws {Error} if the sender of a request may not send to a queue */
  authorizeSending?: (authorization: string | undefined, queueArn: string) => void;
}

/** SNS, SQS and S3: fauxqs in a thread of its own, which can use another core. */
export async function startMessaging({ authorizeSending, ...options }: MessagingOptions): Promise<Emulator> {
  const worker = new Worker(new URL(`./fauxqs-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: options,
  });
  try {
    const [url] = (await once(worker, 'message')) as [string];
    worker.on('message', ({ authorization, queueArn, answer }: SendingAsked) => {
      try {
        authorizeSending?.(authorization, queueArn);
        answer.postMessage(undefined);
      } catch (error) {
        answer.postMessage((error as Error).message);
      }
    });
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
