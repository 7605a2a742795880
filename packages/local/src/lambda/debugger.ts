import { Session, url } from 'node:inspector';

/** In place of a timeout that does not count: a day, as whoever adds to the longest timer of Node.js has one that fires at once. */
export const UNTIMED_MS = 24 * 3_600_000;

/** Whether a debugger can attach to this process, and pause a function for as long as a person looks at it. */
export const isDebugged = (): boolean => url() !== undefined;

/**
 * Does something while every function that a debugger has paused is resumed, or is at once when it pauses: a paused thread cannot
 * be terminated, and the process waits for it.
 */
export async function whileResumed(run: () => Promise<void>): Promise<void> {
  const session = new Session();
  session.connect();
  const tell = (sessionId: string, method: string) =>
    session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: 1, method }) });
  session.on('NodeWorker.attachedToWorker', ({ params: { sessionId } }) => {
    // From then on it says when it is paused, also if it is already.
    tell(sessionId, 'Debugger.enable');
  });
  session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
    if ((JSON.parse(message) as { method?: string }).method === 'Debugger.paused') tell(sessionId, 'Debugger.resume');
  });
  session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  await run();
  session.disconnect();
}
