import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Span } from '@rollcall/local/internal/observability/otlp';
import type { TraceQuery } from '@rollcall/local/internal/observability/traces';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memberIdOf, profileChanged, registered, sqsRecord } from '../support/builders.ts';
import { eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { root, runScript } from '../support/run.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = `00-${TRACE}-b7ad6b7169203331-00`;

async function traces(query: TraceQuery): Promise<Span[]> {
  const response = await fetch(`${cloud.endpointUrl}/_rollcall/traces?${new URLSearchParams({ ...query })}`);
  return (await response.json()) as Span[];
}

/** The spans of an aggregate, as soon as at least `count` of them have a matching name. */
const spansWith = (aggregate: string, name: string | RegExp, count: number) =>
  eventually(async () => {
    const spans = await traces({ aggregate });
    return spans.filter((span) => span.name.match(name)).length >= count && spans;
  });

async function register(headers: Record<string, string> = {}): Promise<string> {
  const person = { phone: newPhone(), name: 'Lucía', locale: 'es' };
  const { status, body } = await cloud.request('POST', '/v1/members', person, headers);
  expect(status).toBe(201);
  return body.id;
}

/** Describes each span and its parent, as `SERVICE NAME < SERVICE NAME`. */
function described(spans: readonly Span[]): string[] {
  const nameOf = (span: Span | undefined) => (span ? `${span.service} ${span.name}` : 'caller');
  return spans.map((span) => {
    const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
    return `${nameOf(span)} < ${nameOf(parent)}`;
  });
}

const invoke = (fn: string, event: object) => cloud.invoke(`rollcall-dev-${fn}`, event);
const linesOf = (fn: string) =>
  cloud.logs(`rollcall-dev-${fn}`).flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));

describe('a trace', () => {
  it('covers everything from the request of a caller to the last effect and reply, across outbox, topic, queues and provider', async () => {
    const member = await register({ traceparent: CALLER });
    // A function sends its spans after its response, possibly after the effects of its messages.
    await spansWith(member, 'send registration-replies', 4);
    const spans = await spansWith(member, /^process rollcall\.onboarding/, 4);
    expect(spans.every(({ traceId }) => traceId === TRACE)).toBe(true);
    const request = 'registration POST /v1/members';
    const registered = 'process rollcall.member.registered.v2';
    const step = 'process rollcall.onboarding.step-completed.v1';
    expect(described(spans).toSorted()).toEqual(
      [
        `${request} < caller`,
        `relay publish member-events < ${request}`,
        ...['sms', 'points', 'guide']
          .map((service) => `${service} ${registered}`)
          .flatMap((process) => [
            `${process} < ${request}`,
            `${process.split(' ')[0]} send registration-replies < ${process}`,
            `registration-replies ${step} < ${process}`,
          ]),
        `sms call sms-http < sms ${registered}`,
        // The receipt of the SMS arrives in a separate request.
        `sms-webhooks send registration-replies < sms ${registered}`,
        `registration-replies ${step} < sms ${registered}`,
      ].toSorted(),
    );
    expect(spans.filter(({ error }) => error)).toEqual([]);
    expect(spans[0]?.attributes).toMatchObject({ 'http.response.status_code': 201, 'rollcall.aggregate': member });
  });

  it('shows which relay published each message', async () => {
    const spans = await spansWith(await register(), /^publish/, 1);
    const [link] = spans.find(({ name }) => name.startsWith('publish'))?.links ?? [];
    const relay = await eventually(async () => {
      const found = await traces({ trace: link?.traceId ?? '' });
      return found.find(({ spanId }) => spanId === link?.spanId);
    });
    expect(relay).toMatchObject({ service: 'relay', name: 'relay' });
  });

  it('includes a command, its effect, its reply and their consequences', async () => {
    const member = await register();
    await spansWith(member, /^process rollcall\.onboarding/, 3);
    const redeemed = await cloud.request(
      'POST',
      `/v1/members/${member}/redemptions`,
      { points: 1 },
      { prefer: 'wait=15' },
    );
    expect(redeemed.body.state).toBe('succeeded');
    const request = 'registration POST /v1/members/{id}/redemptions';
    const command = 'points-commands process rollcall.points.redeem.v1';
    const spans = await spansWith(member, 'process rollcall.sms.send.v1', 1);
    expect(described(spans)).toEqual(
      expect.arrayContaining([
        `relay send points-commands < ${request}`,
        `${command} < ${request}`,
        `points-commands send registration-outcomes < ${command}`,
        `registration-outcomes process rollcall.points.redemption-settled.v1 < ${command}`,
        `sms-commands process rollcall.sms.send.v1 < ${command}`,
      ]),
    );
  });

  it('shows that a message was redelivered, was too early, and was redriven by an operator', async () => {
    const member = memberIdOf(90);
    const trace = `1${TRACE.slice(1)}`;
    const traceparent = CALLER.replace(TRACE, trace);
    const [one, two] = [registered(member), profileChanged(member, 2)].map((event) => ({ ...event, traceparent }));
    const again = sqsRecord(member, 'q1', JSON.stringify(two));
    again.attributes.ApproximateReceiveCount = '3';
    await invoke('points-consume', { Records: [again] });
    await invoke('points-consume', { Records: [sqsRecord(member, 'q2', JSON.stringify(one))] });
    await invoke('points-sweep', { redrive: [member] });
    const spans = await spansWith(member, /^process/, 3);
    expect(spans.filter(({ kind }) => kind === 'consumer').map(({ attributes }) => attributes)).toMatchObject([
      { 'rollcall.version': 2, 'rollcall.receives': 3, 'rollcall.outcome': 'gap' },
      { 'rollcall.version': 1, 'rollcall.receives': 1, 'rollcall.outcome': 'applied' },
      { 'rollcall.version': 2, 'rollcall.parked': true, 'rollcall.redriven': true, 'rollcall.outcome': 'applied' },
    ]);
    const [link] = spans.findLast(({ attributes }) => attributes['rollcall.redriven'])?.links ?? [];
    expect(await traces({ trace: link?.traceId ?? '' })).toMatchObject([
      { name: 'redrive points', spanId: link?.spanId },
    ]);
  });

  it('shows each call to a provider, with its instance and its error', async () => {
    for (const provider of ['http', 'twilio']) await cloud.breakSms(provider, 'refuses');
    const member = await register();
    const spans = await spansWith(member, /^process.*registered\.v2/, 3);
    for (const provider of ['http', 'twilio']) await cloud.breakSms(provider);
    const called = spans.find(({ name }) => name === 'call sms-http');
    expect(called?.error).toContain('RejectedError');
    expect(called?.attributes['rollcall.instance']).toMatch(/^gateway-[12]$/);
    const [applied] = spans.filter(({ service, name }) => service === 'sms' && name.startsWith('process'));
    expect(applied?.attributes['rollcall.outcome']).toBe('failed');
    expect(applied?.error).toContain('PermanentError');
    const parked = linesOf('sms-consume').find(({ message }) => message === 'message parked');
    expect(parked).toMatchObject({ reason: 'failed', message_id: expect.any(String), trace_id: applied?.traceId });
  });
});

describe('the metrics of a function', () => {
  const metrics = (fn: string, name: string) =>
    eventually(async () => {
      const lines = linesOf(fn).filter((line) => line._aws && name in line);
      return lines.length > 0 && lines;
    });

  it('include the time from commit to publication, and from commit to effect', async () => {
    await register();
    const [published] = await metrics('registration-outbox-relay', 'PublicationLag');
    expect(published).toMatchObject({ service: 'relay', _aws: { CloudWatchMetrics: [{ Namespace: 'Rollcall/dev' }] } });
    const [applied] = await metrics('guide-consume', 'ApplicationLag');
    expect(applied.service).toBe('guide');
    for (const lag of [published.PublicationLag, applied.ApplicationLag].flat()) expect(lag).toBeGreaterThan(0);
  });

  it('include the provider and country of each SMS', async () => {
    await register();
    const [sent] = await metrics('sms-consume', 'TextsSent');
    expect(sent).toMatchObject({ TextsSent: 1, provider: 'sms-http', country: 'ES', service: 'sms-providers' });
  });

  it('include `WebhooksProven` with the value zero if a webhook call is refused, as the alarm sms-webhook requires', async () => {
    const { status } = await fetch(`${cloud.apiUrl}/webhooks/sms/http`, { method: 'POST', body: '{}' });
    expect(status).toBe(404);
    const refused = (await metrics('sms-webhook', 'WebhooksRefused')).at(-1);
    expect(refused).toMatchObject({ WebhooksRefused: 1, WebhooksProven: 0, service: 'sms-webhooks' });
  });
});

describe('npm run ops', () => {
  const options = () => ['--endpoint', cloud.endpointUrl];

  it('shows the timeline of a member, of a message and of a trace', async () => {
    const member = await register();
    const spans = await spansWith(member, /^process rollcall\.onboarding/, 4);
    const ops = (...words: string[]) => runScript('packages/cli/src/cli/main.ts', 'ops', ...options(), ...words);
    const { code, stdout } = await ops('trace', member);
    expect(code).toBe(0);
    expect(stdout).toMatch(/█+ +0 ms +\d+ ms {2}registration {2}POST \/v1\/members +201/);
    expect(stdout).toMatch(/\d+ ms +sms {2}process rollcall\.member\.registered\.v2 +applied/);
    const [span] = spans.filter(({ attributes }) => attributes['messaging.message.id']);
    const ids = [String(span?.attributes['messaging.message.id']), span?.traceId ?? ''];
    for (const id of ids) expect((await ops('trace', id)).stdout).toContain(span?.name);
    expect(await ops('trace', memberIdOf(99))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`No trace contains ${memberIdOf(99)}.`),
    });
  });

  it('follows what happens to a member, until Ctrl-C', async () => {
    const [member, other] = [await register(), await register()];
    const main = join(root, 'packages/cli/src/cli/main.ts');
    const child = spawn(process.execPath, [main, 'ops', 'tail', '--past', '--member', member, ...options()]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await eventually(async () => /guide .*process rollcall\.member\.registered\.v2 .*applied/.test(output));
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    expect([code, output.includes(other)]).toEqual([0, false]);
  });
});
