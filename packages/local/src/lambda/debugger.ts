import { Session, url } from 'node:inspector';

/**
 * The timeout of functions while a debugger can attach to this process: a day, which is never reached in practice. The
 * timeout is not longer, because callers add other times to the timeout, and timers of Node.js overflow at 24 days.
 */
export const NO_TIMEOUT_MS = 24 * 3_600_000;

/** Whether a debugger can attach to this process, and could therefore pause a function for any length of time. */
export const isDebugged = (): boolean => url() !== undefined;

/**
 * Runs an action that ends functions. During the action, resumes every function that a debugger pauses, because a
 * paused thread cannot be terminated, and the action would wait for the thread.
 */
export async function whileResumed(run: () => Promise<void>): Promise<void> {
  const session = new Session();
  session.connect();
  const sendToWorker = (sessionId: string, method: string) =>
    session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: 1, method }) });
  session.on('NodeWorker.attachedToWorker', ({ params: { sessionId } }) => {
    // From now on, the inspector reports pauses, including a pause that has already begun.
    sendToWorker(sessionId, 'Debugger.enable');
  });
  session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
    if ((JSON.parse(message) as { method?: string }).method === 'Debugger.paused')
      sendToWorker(sessionId, 'Debugger.resume');
  });
  session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  try {
    await run();
  } finally {
    session.disconnect();
  }
}
