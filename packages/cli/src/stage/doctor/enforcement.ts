import { registered } from '../directory.ts';
import type { Resource } from '../resources.ts';
import type { Stage } from '../stage.ts';
import { type Check, notChecked, ok, warning } from './examination.ts';

const NOBODY = '00000000-0000-7000-8000-000000000000';

/** A call that an account refuses. */
interface Forbidden {
  /** Whether an answer is a refusal, and not what comes after it: nobody of that name is there. */
  refuses: (status: number) => boolean;
  /** What it means if it is not refused. */
  means: string;
  url: string;
  method: string;
  headers?: Record<string, string>;
  body?: string;
}

const byAuthorizer = (status: number) => status === 401 || status === 403;

/** Not signed, and only functions may have the role. */
const roleForAnybody = ({ endpoint = '' }: Stage, role: string): Forbidden => ({
  refuses: (status) => status >= 400,
  means: 'roles: whoever asks gets one, and may do everything',
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
  AWS_IAM: 'the IAM authorizer: a service is answered without a signature',
  JWT: 'the JWT authorizer: a caller is answered without a token',
};
/** What only reads, should it be answered after all: by its method, or as RPC names it. */
const READS = /^(GET \/.*|POST \/.*\/Get\w+)$/;

/** A request that an authorizer of the API refuses, for each kind of authorizer that has a route that only reads. */
function apiForAnybody(apiUrl: string, resources: readonly Resource[]): Forbidden[] {
  const routes = resources
    .filter(({ type }) => type === 'AWS::ApiGatewayV2::Route')
    .map(({ properties }) => properties);
  return Object.entries(AUTHORIZERS).flatMap(([type, means]) => {
    const own = routes.filter(({ AuthorizationType }) => AuthorizationType === type);
    const key = own.map(({ RouteKey }) => String(RouteKey)).find((one) => READS.test(one));
    if (key === undefined) return [];
    const [method = '', path = ''] = key.split(' ');
    return {
      refuses: byAuthorizer,
      means,
      url: `${apiUrl}${path.replaceAll(/\{[^}]+\}/g, NOBODY)}`,
      method,
      ...(method === 'POST' && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: NOBODY }),
      }),
    };
  });
}

async function isRefused({ refuses, means: _, url, ...request }: Forbidden): Promise<boolean> {
  return refuses((await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) })).status);
}

/** What this cloud lets pass that an account does not: found by doing it. */
export const enforcement: Check = async ({ stage, isEmbedded }) => {
  if (!stage.endpoint) return notChecked('an account enforces roles and authorizers');
  const [[api], resources] = await Promise.all([registered(stage, 'api'), stage.resources()]);
  const role = resources.find(({ type, properties }) => type === 'AWS::IAM::Role' && properties.RoleName);
  // The embedded cloud enforces the roles of functions, and takes whoever else is on this machine for its operator.
  const roles = isEmbedded || !role ? [] : [roleForAnybody(stage, role.name)];
  const forbidden = [...roles, ...(api ? apiForAnybody(String(api.attributes.url), resources) : [])];
  const passed = (
    await Promise.all(forbidden.map(async (call) => ((await isRefused(call)) ? [] : [call.means])))
  ).flat();
  if (passed.length === 0) return ok(`${forbidden.length} calls that nobody may make are refused`);
  return warning(
    `this cloud does not enforce ${passed.join('; ')}`,
    'see who may do what in an embedded cloud (npm start) or an account; and let nobody else reach this one',
  );
};
