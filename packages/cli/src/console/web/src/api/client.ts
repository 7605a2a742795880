import type { Words } from '../../../../words.ts';

const API = '/console/api';

/** The fields of an RFC 9457 problem that the page shows. */
interface ProblemDocument {
  type?: string;
  title?: string;
  /** The title in both languages. Only the console's own problems have this field. */
  says?: Words;
  detail?: string;
  errors?: Array<{ pointer: string; detail: string }>;
}

/**
 * The error of a failed request. Its `document` is empty if there was no response, and has only a title if the response
 * was not JSON.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly document: ProblemDocument;

  constructor(document: ProblemDocument, cause?: unknown) {
    super(document.detail ?? document.title ?? 'no response', { cause });
    this.document = document;
  }

  /** The last segment of the problem's type, such as `not-found`. */
  get code(): string {
    return this.document.type?.split('/').at(-1) ?? '';
  }

  /** The error of each invalid field, by name of the field. */
  get fields(): Record<string, string> {
    const errors = this.document.errors ?? [];
    return Object.fromEntries(errors.map(({ pointer, detail }) => [pointer.replace(/^#?\//, ''), detail]));
  }
}

async function problemOf(response: Response): Promise<ProblemError> {
  try {
    return new ProblemError((await response.json()) as ProblemDocument);
  } catch (cause) {
    return new ProblemError({ title: `${response.status} ${response.statusText}` }, cause);
  }
}

async function call(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(`${API}${path}`, init).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ProblemError({}, cause);
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

function withBody(method: string, body: unknown): RequestInit {
  if (body === undefined) return { method };
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await call(path, signal ? { signal } : {})).json()) as T;
}

export async function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return (await (await call(path, withBody(method, body))).json()) as T;
}

/** Sends a request and passes each line of the NDJSON response to `onLine` as soon as it arrives. */
export async function sendAndStream<T>(path: string, body: unknown, onLine: (line: T) => void): Promise<void> {
  const { body: stream } = await call(path, withBody('POST', body));
  if (!stream) return;
  let remainder = '';
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    const lines = `${remainder}${value ?? ''}`.split('\n');
    remainder = done ? '' : (lines.pop() ?? '');
    for (const line of lines) if (line.trim() !== '') onLine(JSON.parse(line) as T);
    if (done) return;
  }
}

export const liveUrl = `${API}/live`;
