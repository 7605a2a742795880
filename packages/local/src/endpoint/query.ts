import type { IncomingMessage } from 'node:http';

/** A call by AWS's Query protocol: a form in the body of a POST or in the URL of a GET. */
export interface Query {
  /** The service's name, such as `sqs`; for an unknown service, its name in the signature or its API version. */
  service: string;
  action: string;
  form: URLSearchParams;
}

/** Services by API version. SDKs send the version with every call by the Query protocol. */
const SERVICES: Readonly<Record<string, string>> = { '2012-11-05': 'sqs', '2010-03-31': 'sns', '2011-06-15': 'sts' };

/** Services by action, for hand-written calls without a version and credentials. */
const ACTIONS: Readonly<Record<string, string>> = { GetCallerIdentity: 'sts', AssumeRole: 'sts' };
const QUEUE_ACTION =
  /(Queue|Queues|QueueUrl|QueueAttributes|QueueTags|Message|MessageBatch|MessageVisibility(Batch)?|MessageMoveTasks?)$/;

/** The service in the credential scope of a request's signature: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`. */
export const signedFor = ({ headers }: IncomingMessage): string | undefined =>
  /Credential=[^/]+\/\d{8}\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1];

/** @returns undefined if a request does not use the Query protocol */
export function queryIn(request: IncomingMessage, body: Buffer): Query | undefined {
  const form = formIn(request, body);
  const action = form?.get('Action') ?? '';
  if (!form || action === '') return undefined;
  const version = form.get('Version');
  const service = SERVICES[version ?? ''] ?? signedFor(request) ?? (version ? `version ${version}` : serviceOf(action));
  return { service, action, form };
}

const serviceOf = (action: string) => ACTIONS[action] ?? (QUEUE_ACTION.test(action) ? 'sqs' : 'sns');

function formIn({ method, url = '', headers }: IncomingMessage, body: Buffer): URLSearchParams | undefined {
  if (method === 'GET') return new URLSearchParams(url.split('?')[1]);
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return isForm ? new URLSearchParams(body.toString()) : undefined;
}
