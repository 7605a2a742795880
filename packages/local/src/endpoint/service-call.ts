import { setTimeout as delay } from 'node:timers/promises';
import type { CallFault } from '../faults/faults.ts';
import { errorAnswer, type PartialBatch, partialBatchOf } from '../faults/faulty-call.ts';
import { AccessDenied } from '../iam/access.ts';
import { type AccountAndRegion, type AskedFor, permissionsFor } from '../iam/requests.ts';
import type { S3Call } from '../iam/s3-requests.ts';
import type { Reply } from './answers.ts';
import { authorize, keyOf } from './callers.ts';
import { notifyOfObjects } from './object-events.ts';
import { metered, notifyObservers } from './observers.ts';
import type { EndpointOptions } from './options.ts';
import type { ServiceAnswer, ServiceCall, Upstream } from './upstream.ts';

/**
 * Executes a call and returns its response, or makes the call fail according to the injected faults.
 * @returns undefined to drop the connection
 * @throws {AccessDenied} if the caller has no permission
 */
export async function respondTo(
  options: EndpointOptions,
  upstream: Upstream,
  call: ServiceCall,
): Promise<Reply | undefined> {
  const { request, body, target } = call;
  const { service, operation } = target;
  authorize(options.access, request, service, () => requiredPermissions(call, options.place));
  options.calls.count(service, operation);
  await addLatency(options, call);
  const fault = await faultOf(options, call);
  const fail = (kind: CallFault['kind']) => errorAnswer(kind, service, body.toString());
  if (fault?.kind === 'refused' || fault?.kind === 'throttled' || fault?.kind === 'conflict') return fail(fault.kind);
  const partial = fault?.kind === 'partly done' ? partialBatchOf(operation, body.toString()) : undefined;
  const executed = partial ? Buffer.from(partial.request) : body;
  const answer = await metered(options, call, executed, (prepared) => upstream.send(call, prepared));
  if (!answer) return undefined;
  if (target.s3 && answer.status === 404) checkListing(options, call, target.s3);
  if (target.s3 && answer.status < 300) await notifyOfObjects(options, call, target.s3);
  notifyObservers(options, call, partial?.request ?? body.toString(), answer);
  if (fault?.kind === 'answer lost') return fail(fault.kind);
  if (!partial || answer.status >= 300) return answer;
  options.faults?.happened(`${service} ${operation}: partly done`);
  return wholeAnswer(answer, partial);
}

/**
 * Checks the permission to list the bucket of a missing object. Without this permission, S3 returns 403 instead of 404
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
 * @throws {AccessDenied} if the caller has no permission to list the bucket
 */
function checkListing({ access }: EndpointOptions, { request }: ServiceCall, { bucket }: S3Call): void {
  const role = access.roleOf(keyOf(request));
  if (role === undefined) return;
  const listing = { principal: { role }, action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` };
  if (!access.decide(listing).allowed) throw new AccessDenied(`${role} may not list ${bucket}`);
}

function requiredPermissions(
  { body, target: { implementation, service, operation, s3 } }: ServiceCall,
  place: AccountAndRegion,
): AskedFor[] {
  if (s3) return s3.askedFor;
  if (typeof implementation !== 'string' && implementation.askedFor)
    return implementation.askedFor(operation, body.toString());
  return permissionsFor(service, operation, body.toString(), place);
}

/** Waits for the injected latency if the caller has a role, as functions do. */
async function addLatency({ control, access }: EndpointOptions, { request }: ServiceCall): Promise<void> {
  if (control.latencyMs() > 0 && access.roleOf(keyOf(request))) await delay(control.latencyMs());
}

/** Returns the injected fault of a call. If the fault is a delay, the promise resolves after the delay. */
async function faultOf({ faults }: EndpointOptions, { target }: ServiceCall): Promise<CallFault | undefined> {
  const { service, operation } = target;
  const fault = faults?.call(service, operation);
  if (fault && fault.kind !== 'partly done') faults?.happened(`${service} ${operation}: ${fault.kind}`);
  if (fault?.kind === 'delayed') await delay(fault.ms);
  return fault;
}

/**
 * Creates the response to a whole batch from the response to the executed part. Removes the headers with length and
 * checksum, which do not match the new body.
 */
function wholeAnswer({ status, headers, body }: ServiceAnswer, partial: PartialBatch) {
  const { 'content-length': _, 'x-amz-crc32': __, ...others } = headers;
  return { status, headers: others, body: partial.complete(body.toString()) };
}
