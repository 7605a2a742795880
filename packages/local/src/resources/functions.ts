import { NO_TIMEOUT_MS } from '../lambda/debugger.ts';
import { LambdaFunction } from '../lambda/function.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { isForDeploymentsOnly } from '../template/service-tokens.ts';
import { type CodeProperties, codeOf, type FunctionCode } from './code.ts';
import { destinationOf } from './event-invoke-configs.ts';
import { physicalName, type Runtime } from './runtime.ts';

interface FunctionProperties extends CodeProperties {
  FunctionName?: string;
  /** ARN. */
  Role: string;
  Timeout?: number;
  MemorySize?: number;
  Environment?: { Variables?: Record<string, string> };
  ReservedConcurrentExecutions?: number;
  DeadLetterConfig?: { TargetArn?: string };
}

/**
 * The timeout for exporting spans. The embedded cloud collects the spans, and may be slow on a busy machine. This
 * timeout is longer than the kit's default of a second, so that fewer spans are lost.
 */
const EXPORT_TIMEOUT_MS = 2_000;

/** Replaces the code of a function that only CloudFormation invokes. */
const NO_CODE: FunctionCode = {
  folder: '',
  handler: { module: '', path: '' },
  takesCallbacks: false,
  provided: {},
  compileCache: '',
};

/**
 * AWS::Lambda::Function. The function gets the environment variables of the template, most of those that Lambda sets,
 * and variables that direct AWS calls and spans to the embedded cloud.
 */
export const functions =
  (runtime: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { region, accountId, assembly, endpointUrl, instanceLimit, access, checks } = runtime;
    const settings = properties as unknown as FunctionProperties;
    const { Handler = '', Timeout = 3, MemorySize = 128, ReservedConcurrentExecutions = instanceLimit } = settings;
    if (ReservedConcurrentExecutions === 0)
      throw new Error('ReservedConcurrentExecutions is 0, so the function would never run');
    const name = physicalName(settings.FunctionName, stack, logicalId);
    const arn = `arn:aws:lambda:${region}:${accountId}:function:${name}`;
    const template = assembly.stacks.find((one) => one.name === stack)?.template;
    const isCalled = !template || !isForDeploymentsOnly(template, logicalId);
    const code = isCalled ? codeOf(runtime, name, settings) : NO_CODE;
    const { accessKeyId, secretAccessKey } = access.credentialsOf(settings.Role, name);
    const fn = new LambdaFunction(
      {
        name,
        arn,
        role: settings.Role,
        ...code,
        timeoutMs: runtime.isDebugged ? NO_TIMEOUT_MS : Timeout * 1000,
        memoryMb: MemorySize,
        environment: {
          AWS_REGION: region,
          AWS_DEFAULT_REGION: region,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_ENDPOINT_URL: endpointUrl,
          AWS_EXECUTION_ENV: `AWS_Lambda_${settings.Runtime}`,
          AWS_LAMBDA_FUNCTION_NAME: name,
          AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
          AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
          AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
          AWS_LAMBDA_LOG_STREAM_NAME: 'local',
          LAMBDA_TASK_ROOT: code.folder,
          _HANDLER: Handler,
          TZ: ':UTC',
          ...settings.Environment?.Variables,
          OTEL_EXPORTER_OTLP_ENDPOINT: endpointUrl,
          OTEL_EXPORTER_OTLP_TIMEOUT: String(EXPORT_TIMEOUT_MS),
          OTEL_TRACES_SAMPLER_ARG: '1',
          ...runtime.environment,
        },
      },
      {
        limit: Math.min(instanceLimit, ReservedConcurrentExecutions),
        log: (line) => runtime.log(name, line),
        meter: runtime.meter,
        onFailure: runtime.onFailure,
        faults: runtime.faults,
      },
    );
    runtime.functions.set(name, fn);
    runtime.mappings.push(fn.asynchronous);
    const deadLetters = settings.DeadLetterConfig?.TargetArn;
    if (deadLetters) {
      const errorPrefix = `dead letters of ${name}`;
      fn.asynchronous.configure({ deadLetters: destinationOf(runtime, deadLetters, settings.Role, errorPrefix) });
    }
    checks.push(() => {
      access.requireTrust(settings.Role, 'lambda.amazonaws.com');
      const logs = `arn:aws:logs:${region}:${accountId}:log-group:/aws/lambda/${name}:log-stream:local`;
      for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) {
        access.require({ principal: { role: settings.Role }, action, resource: logs }, `${name} logs`);
      }
    });
    return { ref: name, attributes: { Arn: arn } };
  };
