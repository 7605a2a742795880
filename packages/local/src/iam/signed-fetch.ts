import { Sha256Node } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from './access.ts';

/**
 * Creates a `fetch` that signs its requests to an HTTP API with Signature Version 4, for the service name
 * `execute-api`, as API Gateway requires.
 */
export function signedFetch(credentials: Credentials, region = 'us-east-1', send = fetch): typeof fetch {
  const signer = new SignatureV4({ service: 'execute-api', region, sha256: Sha256Node, credentials });
  return async (input, init) => {
    const request = new Request(input, init);
    const { host, hostname, port, pathname, searchParams } = new URL(request.url);
    const body = Buffer.from(await request.arrayBuffer());
    const { headers } = await signer.sign({
      method: request.method,
      protocol: 'http:',
      hostname,
      ...(port && { port: Number(port) }),
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...Object.fromEntries(request.headers), host },
      body,
    });
    return send(request.url, {
      method: request.method,
      headers,
      ...(body.length > 0 && { body }),
      ...(init?.signal && { signal: init.signal }),
    });
  };
}
