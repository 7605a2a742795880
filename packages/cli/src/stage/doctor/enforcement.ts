import { pathOf } from '@rollcall/kit/http/routing';
import { routes } from '../../../../../shared/contracts/routes.ts';
import { rpcRoutes } from '../../../../../shared/contracts/rpc.ts';
import { registered } from '../directory.ts';
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
const roleForAnybody = ({ endpoint = '', table }: Stage): Forbidden => ({
  refuses: (status) => status >= 400,
  means: 'roles: whoever asks gets one, and may do everything',
  url: endpoint,
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: `arn:aws:iam::000000000000:role/${table('registration-unrouted')}`,
    RoleSessionName: 'doctor',
  }).toString(),
});

function apiForAnybody(apiUrl: string): Forbidden[] {
  const rpc = rpcRoutes.find(({ access }) => access === 'services');
  return [
    {
      refuses: byAuthorizer,
      means: 'the IAM authorizer: RPC is answered without a signature',
      url: `${apiUrl}${rpc?.path}`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: NOBODY }),
    },
    {
      refuses: byAuthorizer,
      means: 'the JWT authorizer: a member is looked for without a token',
      url: `${apiUrl}${pathOf(routes.readMember, { id: NOBODY })}`,
      method: 'GET',
    },
  ];
}

async function isRefused({ refuses, means: _, url, ...request }: Forbidden): Promise<boolean> {
  return refuses((await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) })).status);
}

/** What this cloud lets pass that an account does not: found by doing it. */
export const enforcement: Check = async ({ stage, isEmbedded }) => {
  if (!stage.endpoint) return notChecked('an account enforces roles and authorizers');
  const [api] = await registered(stage, 'api');
  // The embedded cloud enforces the roles of functions, and takes whoever else is on this machine for its operator.
  const roles = isEmbedded ? [] : [roleForAnybody(stage)];
  const forbidden = [...roles, ...(api ? apiForAnybody(String(api.attributes.url)) : [])];
  const passed = (
    await Promise.all(forbidden.map(async (call) => ((await isRefused(call)) ? [] : [call.means])))
  ).flat();
  if (passed.length === 0) return ok(`${forbidden.length} calls that nobody may make are refused`);
  return warning(
    `this cloud does not enforce ${passed.join('; ')}`,
    'see who may do what in an embedded cloud (npm start) or an account; and let nobody else reach this one',
  );
};
