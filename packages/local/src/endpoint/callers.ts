import type { IncomingMessage } from 'node:http';
import type { Access } from '../iam/access.ts';
import type { AskedFor } from '../iam/requests.ts';
import { accessKeyOf } from '../iam/signature.ts';

/** The access key in a request. */
export const keyOf = (request: IncomingMessage): string => accessKeyOf(request.headers.authorization) ?? '';

/** @throws {AccessDenied} if the caller has a role without permission for the call */
export function authorize(
  access: Access,
  request: IncomingMessage,
  service: string,
  permissions: () => AskedFor[],
): void {
  access.authorize(keyOf(request), permissions, service);
}
