import type { IncomingMessage } from 'node:http';
import type { Access } from '../iam/access.ts';
import type { AskedFor } from '../iam/requests.ts';
import { accessKeyOf } from '../iam/signature.ts';

/** The key that a request names. */
export const keyOf = (request: IncomingMessage): string => accessKeyOf(request.headers.authorization) ?? '';

/** @throws {AccessDenied} if the call is a role's, and not among what it may do */
export function authorize(access: Access, request: IncomingMessage, service: string, asked: () => AskedFor[]): void {
  access.authorize(keyOf(request), asked, service);
}
