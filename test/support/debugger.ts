import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';

/** A line of a file; the first is 1. */
interface Place {
  file: string;
  line: number;
}

interface Paused {
  /** Of the source, if there is a map of it. */
  at: Place;
  resume(): void;
}

interface FromInspector {
  method?: string;
  params: { sessionId: string; message: string; targetInfo: { type: string } };
}

interface Location {
  scriptId: string;
  lineNumber: number;
  columnNumber: number;
}

interface FromThread {
  method?: string;
  params: { scriptId: string; url: string; callFrames: Array<{ location: Location }> };
}

/** A debugger that sees threads by the domain NodeWorker, as VS Code does. */
export interface Debugger {
  /** The next pause of a function that nobody has asked for yet. */
  paused(): Promise<Paused>;
  /** How often functions were paused. */
  pauses(): number;
}

/** @param breakpoints lines of what is run */
export async function attachDebugger(url: string, breakpoints: readonly Place[] = []): Promise<Debugger> {
  const socket = await connected(url);
  let id = 0;
  const tell = (method: string, params: object) => socket.send(JSON.stringify({ id: ++id, method, params }));
  const tellThread = (sessionId: string, method: string, params: object = {}) =>
    tell('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: ++id, method, params }) });
  const pauses: Paused[] = [];
  /** URLs of the scripts of threads. */
  const scripts = new Map<string, string>();
  const news = new EventTarget();
  let asked = 0;
  socket.addEventListener('message', ({ data }) => {
    const { method, params } = JSON.parse(data) as FromInspector;
    if (method === 'NodeWorker.attachedToWorker') {
      const { sessionId } = params;
      tellThread(sessionId, 'Debugger.enable');
      for (const { file, line } of breakpoints)
        tellThread(sessionId, 'Debugger.setBreakpointByUrl', { url: pathToFileURL(file).href, lineNumber: line - 1 });
      // Until then it has run nothing.
      tellThread(sessionId, 'Runtime.runIfWaitingForDebugger');
    }
    if (method !== 'NodeWorker.receivedMessageFromWorker') return;
    const { sessionId } = params;
    const said = JSON.parse(params.message) as FromThread;
    if (said.method === 'Debugger.scriptParsed') scripts.set(`${sessionId} ${said.params.scriptId}`, said.params.url);
    if (said.method !== 'Debugger.paused') return;
    const [{ location }] = said.params.callFrames as [{ location: Location }];
    const at = placeOf(scripts.get(`${sessionId} ${location.scriptId}`) ?? '', location);
    pauses.push({ at, resume: () => tellThread(sessionId, 'Debugger.resume') });
    news.dispatchEvent(new Event('paused'));
  });
  tell('NodeWorker.enable', { waitForDebuggerOnStart: true });
  return {
    pauses: () => pauses.length,
    async paused() {
      const number = asked++;
      while (pauses.length <= number) await once(news, 'paused');
      return pauses[number] as Paused;
    },
  };
}

/** The kinds of threads that Chrome's DevTools see: by the domain Target. */
export async function threadsForChrome(url: string): Promise<string> {
  const socket = await connected(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.addEventListener('message', ({ data }) => {
    const { method, params } = JSON.parse(data) as FromInspector;
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

/** The lines of an assembly's bundles that a line of a source became. */
export function linesOf(assembly: string, source: Place): Place[] {
  const { href } = pathToFileURL(source.file);
  return globSync('asset.*/index.mjs', { cwd: assembly }).flatMap((path) => {
    const file = join(assembly, path);
    const map = mapOf(file);
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.flatMap((text, index) => {
      const entry = map?.findEntry(index, text.search(/\S|$/));
      const isIt =
        entry && 'originalSource' in entry && entry.generatedLine === index && entry.originalSource === href;
      return isIt && entry.originalLine === source.line - 1 ? [{ file, line: index + 1 }] : [];
    });
  });
}

/** Resolves when a queue has delayed a message for so long, which shows that the time has passed. */
export async function hasPassed(sqs: SQSClient, DelaySeconds: number): Promise<void> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'clock' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'late', DelaySeconds }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  if (Messages?.length !== 1) throw new Error('The delayed message has not arrived.');
}
