import { App, CfnOutput, CfnParameter, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';

// An app by a team that does not know the embedded cloud: only CDK's own constructs, with their defaults.
const app = new App();
const stack = new Stack(app, 'PlainStack', { env: { region: 'eu-west-1' } });

const orders = new Table(stack, 'Orders', {
  partitionKey: { name: 'id', type: AttributeType.STRING },
  stream: StreamViewType.NEW_IMAGE,
});
const placed = new Topic(stack, 'Placed');
const shipping = new Queue(stack, 'Shipping');
placed.addSubscription(new SqsSubscription(shipping));

const place = new NodejsFunction(stack, 'Place', {
  entry: 'lib/place.ts',
  runtime: Runtime.NODEJS_22_X,
  environment: { TABLE_NAME: orders.tableName, TOPIC_ARN: placed.topicArn },
});
orders.grantWriteData(place);
placed.grantPublish(place);

const carrier = new CfnParameter(stack, 'Carrier', { default: 'the carrier' });
const ship = new LambdaFunction(stack, 'Ship', {
  runtime: Runtime.NODEJS_22_X,
  handler: 'src/ship.handler',
  code: Code.fromAsset('lambda'),
  environment: { CARRIER: carrier.valueAsString },
  logRetention: RetentionDays.ONE_WEEK,
});
ship.addEventSource(new SqsEventSource(shipping));

const audit = new LambdaFunction(stack, 'Audit', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline('exports.handler = async ({ Records }) => console.log(`recorded ${Records.length}`);'),
});
audit.addEventSource(new DynamoEventSource(orders, { startingPosition: StartingPosition.LATEST }));

const api = new HttpApi(stack, 'Api');
api.addRoutes({
  path: '/orders',
  methods: [HttpMethod.POST],
  integration: new HttpLambdaIntegration('PlaceIntegration', place),
});
new CfnOutput(stack, 'Url', { value: api.url ?? '' });
new CfnOutput(stack, 'CarriedBy', { value: carrier.valueAsString });
