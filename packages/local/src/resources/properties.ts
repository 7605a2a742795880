import { CloudError } from '../errors/cloud-error.ts';
import type { ResourceInput } from '../template/resource.ts';

/** The properties that the embedded cloud accepts for a type of resource. */
interface Known {
  /** The properties that the embedded cloud uses. */
  read: string;
  /** The properties that the embedded cloud ignores, such as those for throughput, billing, backups and networks. */
  ignored?: string;
}

const ALWAYS = 'Tags Description';

/** The accepted properties by type. For types that are missing here, all properties are accepted. */
const KNOWN: Record<string, Known> = {
  'AWS::ApiGatewayV2::Api': {
    read: 'ProtocolType CorsConfiguration',
    ignored:
      'Name Version FailOnWarnings RouteSelectionExpression ApiKeySelectionExpression DisableSchemaValidation IpAddressType',
  },
  'AWS::ApiGatewayV2::Integration': {
    read: 'ApiId IntegrationType IntegrationUri PayloadFormatVersion TimeoutInMillis',
    ignored: 'IntegrationMethod ConnectionType',
  },
  'AWS::ApiGatewayV2::Route': {
    read: 'ApiId RouteKey Target AuthorizationType AuthorizerId AuthorizationScopes',
    ignored: 'OperationName ApiKeyRequired',
  },
  'AWS::ApiGatewayV2::Stage': {
    read: 'ApiId StageName DefaultRouteSettings RouteSettings AccessLogSettings',
    ignored: 'AutoDeploy DeploymentId',
  },
  'AWS::DynamoDB::GlobalTable': {
    read: 'TableName AttributeDefinitions KeySchema GlobalSecondaryIndexes LocalSecondaryIndexes StreamSpecification Replicas SSESpecification TimeToLiveSpecification',
    ignored:
      'BillingMode WarmThroughput WriteProvisionedThroughputSettings WriteOnDemandThroughputSettings MultiRegionConsistency',
  },
  'AWS::DynamoDB::Table': {
    read: 'TableName AttributeDefinitions KeySchema GlobalSecondaryIndexes LocalSecondaryIndexes StreamSpecification SSESpecification TimeToLiveSpecification',
    ignored:
      'BillingMode ProvisionedThroughput OnDemandThroughput WarmThroughput PointInTimeRecoverySpecification DeletionProtectionEnabled TableClass ContributorInsightsSpecification',
  },
  'AWS::Events::EventBus': { read: 'Name', ignored: 'KmsKeyIdentifier LogConfig DeadLetterConfig' },
  'AWS::Events::Rule': {
    read: 'Name EventBusName EventPattern ScheduleExpression State Targets',
    ignored: 'RoleArn',
  },
  'AWS::IAM::Policy': { read: 'PolicyDocument Roles', ignored: 'PolicyName' },
  'AWS::IAM::Role': {
    read: 'RoleName AssumeRolePolicyDocument Policies ManagedPolicyArns',
    ignored: 'MaxSessionDuration Path',
  },
  // RoutingConfig is not accepted, because all versions run the code that was deployed last.
  'AWS::Lambda::Alias': {
    read: 'FunctionName FunctionVersion Name',
    ignored: 'ProvisionedConcurrencyConfig',
  },
  'AWS::Lambda::EventInvokeConfig': {
    read: 'FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig',
  },
  'AWS::Lambda::EventSourceMapping': {
    read: 'EventSourceArn FunctionName Enabled BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes FilterCriteria ScalingConfig StartingPosition MaximumRetryAttempts MaximumRecordAgeInSeconds BisectBatchOnFunctionError DestinationConfig',
    ignored: 'ParallelizationFactor ProvisionedPollerConfig MetricsConfig LoggingConfig KmsKeyArn',
  },
  'AWS::Lambda::Function': {
    read: 'FunctionName Code Handler Runtime Role Timeout MemorySize Environment ReservedConcurrentExecutions DeadLetterConfig PackageType Layers FileSystemConfigs',
    ignored:
      'Architectures TracingConfig LoggingConfig EphemeralStorage KmsKeyArn RuntimeManagementConfig SnapStart RecursiveLoop VpcConfig CodeSigningConfigArn',
  },
  'AWS::Lambda::Permission': {
    read: 'Action FunctionName Principal SourceArn SourceAccount FunctionUrlAuthType',
    ignored: 'InvokedViaFunctionUrl',
  },
  'AWS::Lambda::Version': {
    read: 'FunctionName',
    ignored: 'CodeSha256 ProvisionedConcurrencyConfig RuntimePolicy',
  },
  'AWS::S3::Bucket': {
    read: 'BucketName BucketEncryption NotificationConfiguration',
    ignored:
      'AccessControl OwnershipControls PublicAccessBlockConfiguration LifecycleConfiguration VersioningConfiguration CorsConfiguration LoggingConfiguration MetricsConfigurations AnalyticsConfigurations InventoryConfigurations IntelligentTieringConfigurations AccelerateConfiguration',
  },
  'AWS::Scheduler::Schedule': {
    read: 'Name GroupName ScheduleExpression ScheduleExpressionTimezone StartDate EndDate State Target FlexibleTimeWindow',
    ignored: 'KmsKeyArn',
  },
  'AWS::SecretsManager::Secret': {
    read: 'Name KmsKeyId SecretString GenerateSecretString',
    ignored: 'ReplicaRegions',
  },
  'AWS::SNS::Subscription': {
    read: 'TopicArn Protocol Endpoint RawMessageDelivery FilterPolicy FilterPolicyScope RedrivePolicy',
    ignored: 'Region DeliveryPolicy SubscriptionRoleArn',
  },
  'AWS::SNS::Topic': {
    read: 'TopicName FifoTopic ContentBasedDeduplication ArchivePolicy KmsMasterKeyId FifoThroughputScope',
    ignored: 'DisplayName SignatureVersion TracingConfig DeliveryStatusLogging',
  },
  'AWS::SQS::Queue': {
    read: 'QueueName FifoQueue ContentBasedDeduplication DelaySeconds MaximumMessageSize MessageRetentionPeriod ReceiveMessageWaitTimeSeconds VisibilityTimeout RedrivePolicy KmsMasterKeyId DeduplicationScope',
    ignored: 'FifoThroughputLimit KmsDataKeyReusePeriodSeconds SqsManagedSseEnabled RedriveAllowPolicy',
  },
};

const names = new Map(
  Object.entries(KNOWN).map(([type, { read, ignored = '' }]) => [
    type,
    new Set(`${read} ${ignored} ${ALWAYS}`.split(' ')),
  ]),
);

/**
 * @throws {CloudError} if a resource has a property that is not accepted, because ignoring the property could change
 * the behaviour
 */
export function checkProperties({ stack, logicalId, type, properties }: ResourceInput): void {
  const known = names.get(type);
  const others = Object.keys(properties).filter((name) => known?.has(name) === false);
  if (others.length === 0) return;
  throw new CloudError(
    `${stack}: the embedded cloud does not support ${others.join(', ')} of ${type}, which ${logicalId} has. Leave such properties out of the stacks that the embedded cloud runs.`,
  );
}
