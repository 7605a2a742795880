import { ServiceFunction } from '@rollcall/cdk/internal/service-function';
import { createObservability } from '@rollcall/kit/internal/observability/observability';
import { traced } from '@rollcall/kit/internal/observability/spans';
import { flushed } from '@rollcall/kit/internal/observability/tracing';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, it, vi } from 'vitest';
import { type Stage, stageNamed } from '../../infra/stages.ts';

const LAYER = 'arn:aws:lambda:us-east-1:111122223333:layer:collector-arm64:1';

function templateOf(tracing: Stage['tracing'], app = new App()) {
  const stack = new Stack(app, 'test');
  new ServiceFunction(stack, 'consume', {
    stage: { ...stageNamed('dev'), tracing },
    name: 'guide-consume',
    entry: 'functions/guide/events.handler.ts',
    handler: 'consume',
    environment: {},
  });
  const template = Template.fromStack(stack);
  const [fn] = Object.values(template.findResources('AWS::Lambda::Function'));
  return { properties: fn?.Properties, policies: JSON.stringify(template.findResources('AWS::IAM::Policy')) };
}

it('a stage with tracing gives its functions the endpoint for spans, and the permission to send spans', () => {
  const { properties, policies } = templateOf({ to: 'cloudwatch', layer: null, ratio: 0.1 });
  expect(properties.Environment.Variables).toEqual({
    POWERTOOLS_METRICS_NAMESPACE: 'Rollcall/dev',
    OTEL_EXPORTER_OTLP_ENDPOINT: { 'Fn::Join': ['', ['https://xray.', { Ref: 'AWS::Region' }, '.amazonaws.com']] },
    OTEL_TRACES_SAMPLER_ARG: '0.1',
    OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=rollcall',
  });
  expect(policies).toContain('xray:PutTraceSegments');
});

it('a stage with tracing can be synthesized without violating a rule of AWS Solutions', () => {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => templateOf({ to: 'cloudwatch', layer: null, ratio: 1 }, app)).not.toThrow();
});

it('a stage with a collector gives its functions the layer of the collector', () => {
  const { properties } = templateOf({ to: 'http://localhost:4318', layer: LAYER, ratio: 1 });
  expect(properties.Layers).toEqual([LAYER]);
  expect(properties.Environment.Variables.OTEL_EXPORTER_OTLP_ENDPOINT).toBe('http://localhost:4318');
});

it('a stage without tracing gives its functions neither the endpoint for spans nor the permission to send spans', () => {
  const { properties, policies } = templateOf(null);
  expect(Object.keys(properties.Environment.Variables)).toEqual(['POWERTOOLS_METRICS_NAMESPACE']);
  expect(policies).not.toContain('xray');
});

it('requests to CloudWatch are signed with the credentials of the function', async () => {
  const calls: Array<{ url: string; headers: Record<string, string> }> = [];
  vi.stubGlobal('fetch', async (url: URL, { headers }: { headers: Record<string, string> }) => {
    calls.push({ url: url.href, headers });
    return new Response('{}');
  });
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://xray.eu-west-1.amazonaws.com',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  createObservability('signed');
  await traced('work', { kind: 0 }, async () => {});
  await flushed(async () => {});
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  expect(calls).toMatchObject([
    {
      url: 'https://xray.eu-west-1.amazonaws.com/v1/traces',
      headers: {
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/xray\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
        ),
        'x-amz-security-token': 'session',
      },
    },
  ]);
});
