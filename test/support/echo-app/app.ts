import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { CfnApi, CfnIntegration, CfnRoute, CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';

// A small app: a route and a queue with one function, which returns or logs its input.
const app = new App();
const stack = new Stack(app, 'echo');
const queue = new Queue(stack, 'Queue', { queueName: `echo-${app.node.tryGetContext('stage') ?? 'none'}-words` });
const echo = new LambdaFunction(stack, 'Echo', {
  functionName: 'echo',
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromAsset('echo'),
  environment: { GREETING: new CfnParameter(stack, 'Greeting').valueAsString },
});
echo.addEventSource(new SqsEventSource(queue));
const api = new CfnApi(stack, 'Api', { name: 'echo', protocolType: 'HTTP' });
const integration = new CfnIntegration(stack, 'Integration', {
  apiId: api.ref,
  integrationType: 'AWS_PROXY',
  integrationUri: echo.functionArn,
  payloadFormatVersion: '2.0',
});
new CfnRoute(stack, 'Route', { apiId: api.ref, routeKey: 'POST /echo', target: `integrations/${integration.ref}` });
new CfnStage(stack, 'Stage', { apiId: api.ref, stageName: '$default', autoDeploy: true });
echo.addPermission('ByRoute', {
  principal: new ServicePrincipal('apigateway.amazonaws.com'),
  sourceArn: stack.formatArn({ service: 'execute-api', resource: api.ref, resourceName: '$default/*/echo' }),
});
