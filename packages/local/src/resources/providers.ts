import type { ResourceProvider } from '../template/resource.ts';
import { apiStages, apis, authorizers, integrations, routes } from './apis.ts';
import { awsCustomResources } from './aws-custom-resources.ts';
import { bucketNotifications } from './bucket-notifications.ts';
import { bucketPolicies, buckets } from './buckets.ts';
import { queues, topics } from './channels.ts';
import { instances, namespaces, services } from './directory.ts';
import { eventInvokeConfigs } from './event-invoke-configs.ts';
import { functions } from './functions.ts';
import { alarms, aliases, keys, logGroups, permissions, policies, queuePolicies, roles, topicPolicies } from './iam.ts';
import { mappings } from './mappings.ts';
import { eventBuses, rules } from './rules.ts';
import type { Runtime } from './runtime.ts';
import { scheduleGroups, schedules } from './schedules.ts';
import { secretsOf } from './secrets.ts';
import { subscriptions } from './subscriptions.ts';
import { tables } from './tables.ts';
import { aliasesOfFunctions, versions } from './versions.ts';

/** The providers of all resource types that the embedded cloud supports. */
export const providers = (runtime: Runtime): Record<string, ResourceProvider> => ({
  'AWS::ApiGatewayV2::Api': apis(runtime),
  'AWS::ApiGatewayV2::Authorizer': authorizers(runtime),
  'AWS::ApiGatewayV2::Integration': integrations(runtime),
  'AWS::ApiGatewayV2::Route': routes(runtime),
  'AWS::ApiGatewayV2::Stage': apiStages(runtime),
  'AWS::CloudWatch::Alarm': alarms(runtime),
  'AWS::DynamoDB::GlobalTable': tables(runtime),
  'AWS::DynamoDB::Table': tables(runtime),
  'AWS::Events::EventBus': eventBuses(runtime),
  'AWS::Events::Rule': rules(runtime),
  'AWS::IAM::Policy': policies(runtime),
  'AWS::IAM::Role': roles(runtime),
  'AWS::KMS::Alias': aliases(runtime),
  'AWS::KMS::Key': keys(runtime),
  'AWS::Lambda::Alias': aliasesOfFunctions(runtime),
  'AWS::Lambda::EventInvokeConfig': eventInvokeConfigs(runtime),
  'AWS::Lambda::EventSourceMapping': mappings(runtime),
  'AWS::Lambda::Function': functions(runtime),
  'AWS::Lambda::Permission': permissions(runtime),
  'AWS::Lambda::Version': versions(runtime),
  'AWS::Logs::LogGroup': logGroups(runtime),
  'AWS::S3::Bucket': buckets(runtime),
  'AWS::S3::BucketPolicy': bucketPolicies(runtime),
  'AWS::Scheduler::Schedule': schedules(runtime),
  'AWS::Scheduler::ScheduleGroup': scheduleGroups(runtime),
  'AWS::SecretsManager::Secret': secretsOf(runtime),
  'AWS::ServiceDiscovery::HttpNamespace': namespaces,
  'AWS::ServiceDiscovery::Instance': instances(runtime),
  'AWS::ServiceDiscovery::Service': services(runtime),
  'AWS::SNS::Subscription': subscriptions(runtime),
  'AWS::SNS::Topic': topics(runtime),
  'AWS::SNS::TopicPolicy': topicPolicies(runtime),
  'AWS::SQS::Queue': queues(runtime),
  'AWS::SQS::QueuePolicy': queuePolicies(runtime),
  'Custom::AWS': awsCustomResources(runtime),
  'Custom::S3BucketNotifications': bucketNotifications(runtime),
  ...Object.assign({}, ...runtime.beside.map(({ providers }) => providers?.(runtime.checks))),
});

/** The types of resources that have no effect on one machine. */
export const ignored: ReadonlySet<string> = new Set([
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Dashboard',
  // CodeDeploy's resources control how a deployment shifts traffic. In the embedded cloud, an option of `redeploy`
  // controls this.
  'AWS::CodeDeploy::Application',
  'AWS::CodeDeploy::DeploymentConfig',
  'AWS::CodeDeploy::DeploymentGroup',
  'AWS::Logs::MetricFilter',
  // CDK adds the next two types. They delete logs and objects, but the embedded cloud keeps these.
  'Custom::LogRetention',
  'Custom::S3AutoDeleteObjects',
]);
