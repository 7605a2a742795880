import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';

/** A line of a file. The first line is 1. */
interface Place {
  file: string;
  line: number;
}

interface Paused {
  /** The position in the source if there is a source map, otherwise the position in the bundle. */
  at: Place;
  resume(): void;
}

interface Location {
  scriptId: string;
  lineNumber: number;
  columnNumber: number;
}

/** A message of the debugging protocol. A response has an id, an event has a method. */
interface ProtocolMessage {
  id?: number;
  method?: string;
  params: {
    sessionId: string;
    message: string;
    targetInfo: { type: string };
    scriptId: string;
    url: string;
    reason: string;
    callFrames: [{ location: Location }];
  };
}

/** A debugger that attaches to threads with the protocol's domain NodeWorker, the way VS Code does. */
export interface Debugger {
  /** Returns the next pause of a function. Waits if earlier calls have returned all pauses so far. */
  paused(): Promise<Paused>;
  /** Returns how often functions were paused. */
  pauses(): number;
}

/**
 * Attaches a debugger. When the promise resolves, all existing threads have the breakpoints.
 * @param breakpoints lines of the executed files
 */
export async function attachDebugger(url: string, breakpoints: readonly Place[] = []): Promise<Debugger> {
  const socket = await connected(url);
  const answers = new Map<number, () => void>();
  let lastId = 0;
  const request = (send: (id: number) => object) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answers.set(++lastId, resolve);
    socket.send(JSON.stringify({ id: lastId, ...send(lastId) }));
    return promise;
  };
  const requestFromThread = (sessionId: string, method: string, params: object = {}) =>
    request((id) => {
      const message = JSON.stringify({ id, method, params });
      return { method: 'NodeWorker.sendMessageToWorker', params: { sessionId, message } };
    });
  const threads = new Map<string, Promise<unknown>>();
  // A thread that is not detached keeps its breakpoints and stays paused.
  onTestFinished(() => {
    for (const sessionId of threads.keys())
      void request(() => ({ method: 'NodeWorker.detach', params: { sessionId } }));
  });
  const prepare = (sessionId: string) =>
    Promise.all([
      requestFromThread(sessionId, 'Debugger.enable'),
      ...breakpoints.map(({ file, line }) => {
        const at = { url: pathToFileURL(file).href, lineNumber: line - 1 };
        return requestFromThread(sessionId, 'Debugger.setBreakpointByUrl', at);
      }),
      // A new thread runs nothing before this command.
      requestFromThread(sessionId, 'Runtime.runIfWaitingForDebugger'),
    ]);

  const pauses: Paused[] = [];
  const pauseEvents = new EventTarget();
  let returnedPauses = 0;
  /** URLs of scripts, by thread and script id. */
  const scripts = new Map<string, string>();
  const handleMessage = (sessionId: string, { id, method, params }: ProtocolMessage) => {
    if (id !== undefined) answers.get(id)?.();
    if (method === 'Debugger.scriptParsed') scripts.set(`${sessionId} ${params.scriptId}`, params.url);
    if (method !== 'Debugger.paused') return;
    const resume = () => void requestFromThread(sessionId, 'Debugger.resume');
    if (params.reason === 'Break on start') return resume();
    const [{ location }] = params.callFrames;
    pauses.push({ at: placeOf(scripts.get(`${sessionId} ${location.scriptId}`) ?? '', location), resume });
    pauseEvents.dispatchEvent(new Event('paused'));
  };
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params } = JSON.parse(data) as ProtocolMessage;
    if (method === 'NodeWorker.attachedToWorker') threads.set(params.sessionId, prepare(params.sessionId));
    if (method === 'NodeWorker.receivedMessageFromWorker') handleMessage(params.sessionId, JSON.parse(params.message));
    // The process also responds to each request that it forwards to a thread. Only the thread's own response completes
    // such a request.
    if (id === enableId) answers.get(id)?.();
  });
  const enableId = lastId + 1;
  await request(() => ({ method: 'NodeWorker.enable', params: { waitForDebuggerOnStart: true } }));
  await Promise.all(threads.values());
  return {
    pauses: () => pauses.length,
    async paused() {
      const number = returnedPauses++;
      while (pauses.length <= number) await once(pauseEvents, 'paused');
      return pauses[number] as Paused;
    },
  };
}

/**
 * Returns the type of the first thread that the protocol's domain Target reports. Chrome's DevTools use this domain.
 */
export async function threadTypeForChrome(url: string): Promise<string> {
  const socket = await connected(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.addEventListener('message', ({ data }) => {
    const { method, params } = JSON.parse(data) as ProtocolMessage;
    if (method === 'Target.attachedToTarget') resolve(params.targetInfo.type);
  });
  const params = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
  socket.send(JSON.stringify({ id: 1, method: 'Target.setAutoAttach', params }));
  return promise;
}

async function connected(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.close());
  await once(socket, 'open');
  return socket;
}

function placeOf(url: string, { lineNumber, columnNumber }: Location): Place {
  const file = fileURLToPath(url);
  const entry = mapOf(file)?.findEntry(lineNumber, columnNumber);
  if (!entry || !('originalSource' in entry)) return { file, line: lineNumber + 1 };
  return { file: fileURLToPath(entry.originalSource), line: entry.originalLine + 1 };
}

const mapOf = (file: string): SourceMap | undefined => {
  const [, name] = /\n\/\/# sourceMappingURL=(.+)\s*$/.exec(readFileSync(file, 'utf8')) ?? [];
  return name === undefined ? undefined : new SourceMap(JSON.parse(readFileSync(join(file, '..', name), 'utf8')));
};

/** Returns the lines of an assembly's bundles to which a line of a source was compiled. */
export function linesOf(assembly: string, source: Place): Place[] {
  const { href } = pathToFileURL(source.file);
  return globSync('asset.*/index.mjs', { cwd: assembly }).flatMap((path) => {
    const file = join(assembly, path);
    const map = mapOf(file);
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.flatMap((text, index) => {
      const entry = map?.findEntry(index, text.search(/\S|$/));
      const isFromSource =
        entry && 'originalSource' in entry && entry.generatedLine === index && entry.originalSource === href;
      return isFromSource && entry.originalLine === source.line - 1 ? [{ file, line: index + 1 }] : [];
    });
  });
}

/**
 * Waits until a queue has delivered a message with this delay. This shows that as much time has passed in the cloud.
 */
export async function waitUntilPassed(sqs: SQSClient, DelaySeconds: number): Promise<void> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'clock' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'late', DelaySeconds }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  const [{ ReceiptHandle }] = Messages as [Message];
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
}
