import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { readBody } from '@rollcall/local/internal/server/read-body';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { skewResult } from 'rollcall/internal/stage/doctor/environment';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import about from '../../package.json' with { type: 'json' };
import { memberIdOf, outboxRow } from '../support/builders.ts';
import { cloudOf, startTestCloud, switchTo, type TestCloud } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

interface Finding {
  check: string;
  verdict: string;
  found: string;
  remedy?: string;
}

async function examined(endpoint: string): Promise<{ code: number; findings: Record<string, Finding> }> {
  const { code, stdout, stderr } = await runScript(
    'packages/cli/src/cli/main.ts',
    'ops',
    '--endpoint',
    endpoint,
    'doctor',
    '--json',
  );
  expect(stderr).toBe('');
  const all = JSON.parse(stdout) as Finding[];
  return { code, findings: Object.fromEntries(all.map((finding) => [finding.check, finding])) };
}

const verdicts = (findings: Record<string, Finding>) =>
  Object.fromEntries(Object.entries(findings).map(([name, { verdict }]) => [name, verdict]));

describe('npm run ops -- doctor', () => {
  it('finds no problem in a working embedded cloud, and lists the checks that cannot run there', async () => {
    const { endpointUrl } = await cloudOf();
    const { code, findings } = await examined(endpointUrl);
    const unavailable = ['region', 'event sources', 'alarms', 'alarm mail'];
    for (const { check, verdict, found } of Object.values(findings)) {
      expect([check, verdict, found]).toEqual([check, unavailable.includes(check) ? 'not checked' : 'ok', found]);
    }
    expect(code).toBe(0);
    expect(findings.versions?.found).toContain(`version ${about.version}`);
  });

  it('warns of switches, parked messages, open circuits and empty secrets, each with a remedy', async () => {
    const cloud = await cloudOf();
    await switchTo(cloud, 'sms', 'pause', { why: 'they bill twice' });
    const put = (table: string, Item: object) =>
      cloud.dynamodb.send(
        new PutCommand({ TableName: `rollcall-dev-${table}`, Item: Item as Record<string, unknown> }),
      );
    await put('circuits', { pk: 'sms-http', revision: 1, state: { is: 'half-open', since: 0, because: 'it hangs' } });
    const parkedAt = new Date().toISOString();
    const [pk, body] = [memberIdOf(7), '{}'];
    const parked = { pk, sk: 'parked#0000000001#m1', parkedAggregate: pk, version: 1, messageId: 'm1', body, parkedAt };
    await put('points', { ...parked, reason: 'failed', attempts: 1 });
    await put('guide', { ...parked, reason: 'held', attempts: 1 });
    const secretsManager = new SecretsManagerClient({
      endpoint: cloud.endpointUrl,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    await secretsManager.send(
      new PutSecretValueCommand({ SecretId: 'rollcall-dev-twilio', SecretString: '{"accountSid":"","from":""}' }),
    );
    const { code, findings } = await examined(cloud.endpointUrl);
    expect(findings).toMatchObject({
      switches: { verdict: 'warning', found: expect.stringContaining('they bill twice') },
      circuits: { verdict: 'warning', found: expect.stringContaining('sms-http: it hangs') },
      parked: {
        verdict: 'warning',
        found: 'messages need an operator: 1 of points; messages are held until an operator releases them: 1 of guide',
        remedy: 'npm run ops -- parked list',
      },
      secrets: { verdict: 'warning', found: expect.stringContaining('rollcall-dev-twilio') },
    });
    expect(code).toBe(0);
  });

  it('fails if messages stay in the outbox', async () => {
    const cloud = await cloudOf();
    const body = 'x'.repeat(270 * 1024);
    const committedAt = new Date(Date.now() - 10 * 60_000).toISOString();
    const Item = { ...outboxRow(memberIdOf(8), 2, body), committedAt };
    await cloud.dynamodb.send(new PutCommand({ TableName: 'rollcall-dev-outbox', Item }));
    const { code, findings } = await examined(cloud.endpointUrl);
    expect(findings.outbox).toMatchObject({ verdict: 'failed', remedy: expect.stringContaining('outbox publish') });
    expect(code).toBe(1);
  });

  it('reports only one check if nothing responds at the endpoint', async () => {
    const { code, findings } = await examined('http://127.0.0.1:1');
    expect(code).toBe(1);
    expect(Object.keys(findings)).toEqual(['reachable']);
    expect(findings.reachable?.found).toContain('Is the embedded cloud running (npm start)?');
  });

  it('prints a line for each check, and remedies', async () => {
    const cloud = await cloudOf();
    await switchTo(cloud, 'guide', 'skip');
    const { stdout } = await runScript(
      'packages/cli/src/cli/main.ts',
      'ops',
      '--endpoint',
      cloud.endpointUrl,
      'doctor',
    );
    expect(stdout).toMatch(/^ok +reachable +stage dev responds/);
    expect(stdout).toMatch(/^warning +switches +guide is switched to skip.*\n +what to do: npm run ops -- switch set/m);
    expect(stdout).toMatch(/^\d+ checks, 0 failed, 1 warnings$/m);
  });
});

describe('a clock', () => {
  it.each([
    [2_000, 'ok'],
    [-60_000, 'warning'],
    [301_000, 'failed'],
    [Number.NaN, 'not checked'],
  ])('that is %s ms off: %s', (skewMs, verdict) => {
    expect(skewResult(skewMs).verdict).toBe(verdict);
  });
});

/**
 * An embedded cloud behind a proxy that hides the control API, and adds the APIs that the cloud lacks: CloudFormation,
 * and Lambda's event source mappings.
 */
describe('a stage outside an embedded cloud', () => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud();
  });
  afterAll(() => cloud.stop());

  const { stacks } = readAssembly(inject('dev'));
  const xml = (text: string) => text.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
  const resultsByAction: Record<string, (form: URLSearchParams) => string> = {
    ListStacks: () =>
      `<StackSummaries>${stacks
        .map(({ name }) => `<member><StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus></member>`)
        .join('')}</StackSummaries>`,
    GetTemplate: (form) => {
      const { template } = stacks.find(({ name }) => name === form.get('StackName')) ?? {};
      return `<TemplateBody>${xml(JSON.stringify(template))}</TemplateBody>`;
    },
    DescribeStacks: () =>
      `<Stacks>${stacks
        .map(
          ({ name }) =>
            `<member><StackName>${name}</StackName><StackStatus>${name.endsWith('guide') ? 'UPDATE_ROLLBACK_FAILED' : 'CREATE_COMPLETE'}</StackStatus><Parameters><member><ParameterKey>TokenIssuer</ParameterKey><ParameterValue>${cloud.issuer.url}</ParameterValue></member></Parameters></member>`,
        )
        .join('')}</Stacks>`,
  };

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readBody(request)) ?? Buffer.alloc(0);
    const action = new URLSearchParams(body.toString()).get('Action') ?? '';
    const result = resultsByAction[action]?.(new URLSearchParams(body.toString()));
    if (result) {
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
    } else if (request.url?.startsWith('/_rollcall')) {
      response.writeHead(404).end();
    } else if (request.url?.includes('/event-source-mappings')) {
      const FunctionArn = 'arn:aws:lambda:us-east-1:0:function:rollcall-dev-sms-consume';
      const EventSourceMappings = Array.from({ length: 16 }, (_, index) => ({
        FunctionArn,
        State: index === 0 ? 'Disabled' : 'Enabled',
      }));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ EventSourceMappings }));
    } else {
      const { host: _, connection: __, 'content-length': ___, 'transfer-encoding': ____, ...headers } = request.headers;
      const forwarded = await fetch(`${cloud.endpointUrl}${request.url}`, {
        method: request.method ?? 'POST',
        headers: headers as Record<string, string>,
        ...(request.method !== 'GET' && { body }),
      });
      response.writeHead(forwarded.status, { 'content-type': forwarded.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await forwarded.arrayBuffer()));
    }
  }

  async function startProxy(): Promise<string> {
    const server = createServer(respond);
    onTestFinished(() => close(server));
    return listen(server, 0, 'test');
  }

  it('is examined through CloudFormation and Lambda; checks that need other APIs do not run', async () => {
    const { code, findings } = await examined(await startProxy());
    expect(code).toBe(1);
    expect(verdicts(findings)).toMatchObject({
      reachable: 'ok',
      clock: 'ok',
      permissions: 'ok',
      versions: 'ok',
      runtime: 'ok',
      expiry: 'ok',
      'token issuer': 'ok',
      stacks: 'failed',
      'event sources': 'failed',
      alarms: 'not checked',
      enforcement: 'warning',
    });
    // The cloud behind the proxy enforces authorizers, but lets every caller assume any role.
    expect(findings.enforcement?.found).toContain('does not enforce roles');
    expect(findings.enforcement?.found).not.toContain('authorizer');
    expect(findings.stacks?.found).toContain('rollcall-dev-guide is UPDATE_ROLLBACK_FAILED');
    expect(findings['event sources']?.found).toContain('rollcall-dev-sms-consume is Disabled');
  });

  it('shows its topology', async () => {
    const { stdout } = await runScript(
      'packages/cli/src/cli/main.ts',
      'ops',
      '--endpoint',
      await startProxy(),
      'topology',
    );
    expect(stdout).toContain('stream → registration-outbox-relay');
  });
});
