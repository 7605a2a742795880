import { registeredEntries } from '../directory.ts';
import type { Resource } from '../resources.ts';
import type { StageClient } from '../stage.ts';
import { type Check, notChecked, ok, warning } from './examination.ts';

const UNUSED_ID = '00000000-0000-7000-8000-000000000000';

/** A call that an AWS account refuses. */
interface Forbidden {
  /** Whether a status means that the call was refused. For APIs, a 404 means that the authorizer accepted the call. */
  refuses: (status: number) => boolean;
  /** The finding if the call is not refused. */
  finding: string;
  url: string;
  method: string;
  headers?: Record<string, string>;
  body?: string;
}

const byAuthorizer = (status: number) => status === 401 || status === 403;

/** An unsigned request for a role that only functions may assume. */
const roleRequest = ({ endpoint = '' }: StageClient, role: string): Forbidden => ({
  refuses: (status) => status >= 400,
  finding: 'roles: every caller can assume one, and has all permissions',
  url: endpoint,
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: `arn:aws:iam::000000000000:role/${role}`,
    RoleSessionName: 'doctor',
  }).toString(),
});

const AUTHORIZERS = {
  AWS_IAM: 'the IAM authorizer: a service accepts requests without a signature',
  JWT: 'the JWT authorizer: a service accepts requests without a token',
};
/** Matches read-only routes, by method or by the name of an RPC. Their requests change nothing if they are accepted. */
const READS = /^(GET \/.*|POST \/.*\/Get\w+)$/;

/** For each kind of authorizer with a read-only route, a request that the authorizer must refuse. */
function apiRequests(apiUrl: string, resources: readonly Resource[]): Forbidden[] {
  const routes = resources
    .filter(({ type }) => type === 'AWS::ApiGatewayV2::Route')
    .map(({ properties }) => properties);
  return Object.entries(AUTHORIZERS).flatMap(([type, finding]) => {
    const own = routes.filter(({ AuthorizationType }) => AuthorizationType === type);
    const key = own.map(({ RouteKey }) => String(RouteKey)).find((one) => READS.test(one));
    if (key === undefined) return [];
    const [method = '', path = ''] = key.split(' ');
    return {
      refuses: byAuthorizer,
      finding,
      url: `${apiUrl}${path.replaceAll(/\{[^}]+\}/g, UNUSED_ID)}`,
      method,
      ...(method === 'POST' && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: UNUSED_ID }),
      }),
    };
  });
}

async function isRefused({ refuses, finding: _, url, ...request }: Forbidden): Promise<boolean> {
  return refuses((await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) })).status);
}

/** Tries calls that an AWS account refuses, and reports the calls that this cloud allows. */
export const enforcement: Check = async ({ stage, isEmbedded }) => {
  if (!stage.endpoint) return notChecked('an account enforces roles and authorizers');
  const [[api], resources] = await Promise.all([registeredEntries(stage, 'api'), stage.resources()]);
  const role = resources.find(({ type, properties }) => type === 'AWS::IAM::Role' && properties.RoleName);
  // The embedded cloud enforces functions' roles, and treats every other caller on this machine as its operator.
  const roles = isEmbedded || !role ? [] : [roleRequest(stage, role.name)];
  const forbidden = [...roles, ...(api ? apiRequests(String(api.attributes.url), resources) : [])];
  const violations = (
    await Promise.all(forbidden.map(async (call) => ((await isRefused(call)) ? [] : [call.finding])))
  ).flat();
  if (violations.length === 0) return ok(`${forbidden.length} unauthorized calls are refused`);
  return warning(
    `this cloud does not enforce ${violations.join('; ')}`,
    'verify permissions in an embedded cloud (npm start) or an account, and restrict access to this cloud',
  );
};
