/** A received HTTP request. */
export interface Request {
  method: string;
  path: string;
  query: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** The HTTP response. */
export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}
