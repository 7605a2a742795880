import { once } from 'node:events';
import { extname } from 'node:path';
import { type MessagePort, Worker } from 'node:worker_threads';
import { CloudError } from '../errors/cloud-error.ts';
import type { Emulator } from './dynoxide.ts';

/**
 * A request to the main thread to check whether the sender of a call may send to a queue. The call starts a message
 * move task without a destination, so the queue becomes known only during the task. Therefore, the endpoint cannot
 * check the permission when it receives the call.
 */
export interface AuthorizationRequest {
  /** The `authorization` header of the call. */
  authorization: string | undefined;
  queueArn: string;
  /** Receives the reason for a denial; undefined if sending is allowed. */
  replyPort: MessagePort;
}

export interface MessagingOptions {
  /** Data folder; undefined for data in memory. */
  folder: string | undefined;
  region: string;
  /**
   * Checks whether the sender of a request may send to a queue. Default: everybody may.
   * @throws {Error} if the sender may not send
   */
  authorizeSending?: (authorization: string | undefined, queueArn: string) => void;
}

/** Starts fauxqs, an emulator of SNS, SQS and S3, in a separate thread, which can use another core. */
export async function startMessaging({ authorizeSending, ...options }: MessagingOptions): Promise<Emulator> {
  const worker = new Worker(new URL(`./fauxqs-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: options,
  });
  try {
    const [url] = (await once(worker, 'message')) as [string];
    worker.on('message', ({ authorization, queueArn, replyPort }: AuthorizationRequest) => {
      try {
        authorizeSending?.(authorization, queueArn);
        replyPort.postMessage(undefined);
      } catch (error) {
        replyPort.postMessage((error as Error).message);
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
