import { setTimeout as delay } from 'node:timers/promises';
import type { CallFault } from '../faults/faults.ts';
import { errorAnswer, type PartialBatch, withoutSomeEntries } from '../faults/faulty-call.ts';
import { AccessDenied } from '../iam/access.ts';
import { type AccountAndRegion, type AskedFor, permissionsFor } from '../iam/requests.ts';
import type { S3Call } from '../iam/s3-requests.ts';
import type { Reply } from './answers.ts';
import { authorize, keyOf } from './callers.ts';
import { tellOfObjects } from './object-events.ts';
import { metered, tellOf } from './observers.ts';
import type { EndpointOptions } from './options.ts';
import type { ServiceAnswer, ServiceCall, Upstream } from './upstream.ts';

/**
 * Answers a call, or makes it fail as the injected faults say.
 * @returns undefined: drop the connection
 * @throws {AccessDenied}
 */
export async function answerTo(
  options: EndpointOptions,
  upstream: Upstream,
  call: ServiceCall,
): Promise<Reply | undefined> {
  const { request, body, target } = call;
  const { service, operation } = target;
  authorize(options.access, request, service, () => askedForIn(call, options.place));
  options.calls.count(service, operation);
  await holdUp(options, call);
  const fault = await faultOf(options, call);
  const fail = (kind: CallFault['kind']) => errorAnswer(kind, service, body.toString());
  if (fault?.kind === 'refused' || fault?.kind === 'throttled' || fault?.kind === 'conflict') return fail(fault.kind);
  const partial = fault?.kind === 'partly done' ? withoutSomeEntries(operation, body.toString()) : undefined;
  const asked = partial ? Buffer.from(partial.request) : body;
  const answer = await metered(options, call, asked, (prepared) => upstream.ask(call, prepared));
  if (!answer) return undefined;
  if (target.s3 && answer.status === 404) checkListing(options, call, target.s3);
  if (target.s3 && answer.status < 300) await tellOfObjects(options, call, target.s3);
  tellOf(options, call, partial?.request ?? body.toString(), answer);
  if (fault?.kind === 'answer lost') return fail(fault.kind);
  if (!partial || answer.status >= 300) return answer;
  options.faults?.happened(`${service} ${operation}: partly done`);
  return partOf(answer, partial);
}

/**
 * Without permission to list a bucket, S3 answers 403 instead of 404
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
 * @throws {AccessDenied}
 */
function checkListing({ access }: EndpointOptions, { request }: ServiceCall, { bucket }: S3Call): void {
  const role = access.roleOf(keyOf(request));
  if (role === undefined) return;
  const asked = { principal: { role }, action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` };
  if (!access.decide(asked).allowed) throw new AccessDenied(`${role} may not list ${bucket}`);
}

function askedForIn(
  { body, target: { by, service, operation, s3 } }: ServiceCall,
  place: AccountAndRegion,
): AskedFor[] {
  if (s3) return s3.askedFor;
  if (typeof by !== 'string' && by.askedFor) return by.askedFor(operation, body.toString());
  return permissionsFor(service, operation, body.toString(), place);
}

/** Waits as long as the injected latency of functions' calls. */
async function holdUp({ control, access }: EndpointOptions, { request }: ServiceCall): Promise<void> {
  if (control.latencyMs() > 0 && access.roleOf(keyOf(request))) await delay(control.latencyMs());
}

/** The injected fault of a call; a delayed call is due when this resolves. */
async function faultOf({ faults }: EndpointOptions, { target }: ServiceCall): Promise<CallFault | undefined> {
  const { service, operation } = target;
  const fault = faults?.call(service, operation);
  if (fault && fault.kind !== 'partly done') faults?.happened(`${service} ${operation}: ${fault.kind}`);
  if (fault?.kind === 'delayed') await delay(fault.ms);
  return fault;
}

/** The response to a part of a batch as one to the whole batch: length and checksum differ. */
function partOf({ status, headers, body }: ServiceAnswer, partial: PartialBatch) {
  const { 'content-length': _, 'x-amz-crc32': __, ...others } = headers;
  return { status, headers: others, body: partial.complete(body.toString()) };
}
