import { setTimeout as delay } from 'node:timers/promises';
import { type Cloud, startCloud } from '@rollcall/local/internal/cloud';
import { OPERATOR } from '@rollcall/local/internal/iam/access';
import { signedFetch } from '@rollcall/local/internal/iam/signed-fetch';
import type { FunctionSettings } from '@rollcall/local/internal/lambda/instance';
import { Meter } from '@rollcall/local/internal/metering/meter';
import { createPaths } from '../../ops/cost/paths.ts';
import { EVERY_MEMBER } from '../../ops/every-member.ts';
import { smsSandbox } from '../../ops/sms-sandbox/sandbox.ts';

/** A call of a function to AWS, and the response to the call. */
export interface RecordedCall {
  service: string;
  operation: string;
  request: string;
  response: string;
}

/** The first invocation of a function. */
export interface Recording {
  settings: FunctionSettings;
  payload: string;
  calls: RecordedCall[];
}

/** A meter that also records the first invocation of each function. */
class Recorder extends Meter {
  readonly payloads = new Map<string, string>();
  readonly calls = new Map<string, RecordedCall[]>();

  override recordCall(call: RecordedCall & { caller: string }): void {
    super.recordCall(call);
    const { caller, ...recorded } = call;
    if (!this.payloads.has(caller)) this.calls.set(caller, [...(this.calls.get(caller) ?? []), recorded]);
  }

  override recordInvocation(name: string, payload: string, ms: number): void {
    super.recordInvocation(name, payload, ms);
    if (!this.payloads.has(name)) this.payloads.set(name, payload);
  }
}

const STAGE = 'dev';

/**
 * Records the first invocation of each function in an embedded cloud. To invoke the functions, `record` registers a
 * member, reads and changes the member, redeems points, deactivates the member, and calls the SMS webhook and the
 * sweeps.
 * @param gatewayUrl URL of an SMS gateway that accepts every SMS
 */
export async function record(assembly: string, gatewayUrl: string): Promise<Recording[]> {
  const meter = new Recorder();
  const cloud = await startCloud({
    assembly,
    beside: [smsSandbox()],
    meter,
    instanceLimit: 1,
    parameters: { SmsGatewayUrl: gatewayUrl },
    // Stages in an account are deployed without tracing by default.
    environment: { OTEL_SDK_DISABLED: 'true' },
  });
  try {
    await useEverything(cloud, meter);
    return [...cloud.functions].flatMap(([name, { settings }]) => {
      const payload = meter.payloads.get(name);
      return payload === undefined ? [] : [{ settings, payload, calls: meter.calls.get(name) ?? [] }];
    });
  } finally {
    await cloud.stop();
  }
}

async function useEverything(cloud: Cloud, meter: Recorder): Promise<void> {
  const paths = await createPaths({ cloud, stage: STAGE, concurrency: 1 });
  const authorization = `Bearer ${await cloud.issuer.token(EVERY_MEMBER)}`;
  const request = (path: string, more: RequestInit = {}) =>
    fetch(`${cloud.apiUrl}${path}`, { ...more, headers: { authorization, ...more.headers } });
  const [member] = await paths.register(1);
  if (!member) throw new Error('no member was registered');
  for (const path of ['', '/onboarding', '/points', '/guide']) await request(`/v1/members/${member.id}${path}`);
  for (const path of ['/v1', '/v1/openapi.json', '/docs', '/nothing', `/v2/members/${member.id}`]) await request(path);
  const [operation] = (await paths.redeem([member])) as Array<{ id: string }>;
  await request(`/v1/operations/${operation?.id}`);
  const [changed] = await paths.change([member]);
  await request(`/v2/members/${member.id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', 'if-match': `"${changed?.version}"` },
    body: JSON.stringify({ locale: 'es' }),
  });
  await signedFetch(OPERATOR)(`${cloud.apiUrl}/rollcall.members.v1.MemberService/GetMember`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: member.id }),
  });
  const { WEBHOOKS_URL = '' } = cloud.functions.get(`rollcall-${STAGE}-sms-webhook`)?.settings.environment ?? {};
  await fetch(`${WEBHOOKS_URL}/http`, { method: 'POST', body: '{}' });
  await paths.deactivate([member]);
  await request(`/v1/members/${member.id}/erasure`);
  await paths.settled();
  for (const [name, fn] of cloud.functions)
    if (!meter.payloads.has(name) && name.endsWith('-sweep')) await fn.invoke('{}');
  while (!cloud.isIdle()) await delay(20);
}
