import { Aws, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Function as LambdaFunction, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Stage } from './stage.ts';

/** Configures where a function exports its spans, and allows the export. */
export function exportTraces(fn: LambdaFunction, { app, tracing }: Stage): void {
  if (!tracing) return;
  const { to, layer, ratio } = tracing;
  const endpoint = to === 'cloudwatch' ? `https://xray.${Aws.REGION}.amazonaws.com` : to;
  fn.addEnvironment('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
  fn.addEnvironment('OTEL_TRACES_SAMPLER_ARG', String(ratio));
  fn.addEnvironment('OTEL_RESOURCE_ATTRIBUTES', `service.namespace=${app}`);
  if (layer) fn.addLayers(LayerVersion.fromLayerVersionArn(fn, 'Collector', layer));
  // A collector in a layer uses the function's role, so the function also needs the permission if it has such a layer.
  if (to !== 'cloudwatch' && !layer) return;
  fn.addToRolePolicy(new PolicyStatement({ actions: ['xray:PutTraceSegments'], resources: ['*'] }));
  Validations.of(fn.role ?? fn).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'xray:PutTraceSegments has no resource-level permissions.',
  });
}
