import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createRegistry } from '@rollcall/kit/discovery/registry';
import { createControl } from './control/control.ts';
import { startDynamoDB } from './emulators/dynoxide.ts';
import { startMessaging } from './emulators/fauxqs.ts';
import { createEndpoint } from './endpoint/endpoint.ts';
import { Doorbell } from './event-sources/doorbell.ts';
import type { Faults } from './faults/faults.ts';
import { startGrpc } from './http/grpc.ts';
import type { HttpApi, Site } from './http/http-api.ts';
import { Access } from './iam/access.ts';
import type { FailedInvocation, LambdaFunction } from './lambda/function.ts';
import type { Meter } from './metering/meter.ts';
import { Calls } from './observability/calls.ts';
import { createLogs } from './observability/logs.ts';
import { ignored, providers } from './resources/providers.ts';
import type { Runtime } from './resources/runtime.ts';
import { close, listen } from './server/listen.ts';
import { Archive } from './services/archive.ts';
import { Directory } from './services/directory.ts';
import { Issuer, keysIn } from './services/issuer.ts';
import { Secrets } from './services/secrets.ts';
import { ALIBABA } from './sms/alibaba.ts';
import { awsOf } from './sms/aws.ts';
import { createCallbacks, TWILIO, WEBHOOK_KEYS } from './sms/callbacks.ts';
import { createMailbox } from './sms/mailbox.ts';
import { GATEWAY_SERVICE, type Gateway, startGateway } from './sms/sandbox.ts';
import { openState } from './state/state.ts';
import { readAssembly } from './template/assembly.ts';
import { deploy } from './template/deployment.ts';

const REGION = 'us-east-1';
const ACCOUNT_ID = '000000000000';

export interface CloudOptions {
  /** Folder that `cdk synth` wrote, or is about to: the emulators start meanwhile. */
  assembly: string | Promise<string>;
  /** Folder for everything that survives a restart; nothing: in memory. */
  data?: string;
  /** 0, the default: any that is free. */
  ports?: { aws?: number; api?: number; sms?: number; grpc?: number };
  /** Most instances of one function. */
  instanceLimit?: number;
  /** What goes wrong on purpose. */
  faults?: Faults;
  /** Counts what AWS would bill. */
  meter?: Meter;
  /** Values for the templates' parameters; the addresses of SMS providers are the sandbox, if not given. */
  parameters?: Record<string, string>;
  /** Variables of every function, over what the templates say. */
  environment?: Record<string, string>;
}

export interface Cloud {
  /** The AWS endpoint. */
  endpointUrl: string;
  /** The first, or only, HTTP API. */
  apiUrl: string;
  /** The first SMS gateway, which also tells which texts were sent. */
  smsUrl: string;
  gateways: readonly Gateway[];
  /** The API by gRPC, over HTTP/2 without TLS. */
  grpcUrl: string;
  /** Gives tokens for the API. */
  issuer: Issuer;
  access: Access;
  functions: ReadonlyMap<string, LambdaFunction>;
  /** The last lines that a function logged, the latest last. */
  logs(functionName: string): readonly string[];
  /** Whether no function runs, and no provider has anything left to tell. */
  isIdle(): boolean;
  /** Has something else answer at the first API's address, before the API. */
  serve(site: Site): void;
  /** Replaces the functions and what wakes them by those of an assembly; tables, queues and topics stay. */
  redeploy(assembly: string): Promise<void>;
  stop(): Promise<void>;
}

/** On two cores, more instances would only wait for one another, at some 20 MB each. */
const INSTANCES = 2;

/** Boots the embedded cloud: what an assembly's templates say, on this machine. */
export async function startCloud({
  assembly,
  data,
  ports = {},
  instanceLimit = INSTANCES,
  faults,
  meter,
  parameters = {},
  environment = {},
}: CloudOptions): Promise<Cloud> {
  const opened: Array<() => Promise<void> | void> = [];
  const shut = async () => {
    for (const end of opened.toReversed()) await end();
  };
  try {
    const state = openState(data);
    opened.push(() => state.close());
    const folder = data ?? mkdtempSync(join(tmpdir(), 'rollcall-memory-'));
    if (data === undefined) opened.push(() => rmSync(folder, { recursive: true, force: true }));
    const opening = async <T extends { stop: () => Promise<void> }>(starting: Promise<T>): Promise<T> => {
      const started = await starting;
      opened.push(started.stop);
      return started;
    };
    const starting = [
      assembly,
      opening(startDynamoDB(join(folder, 'dynamodb.db'))),
      opening(startMessaging({ folder: data, region: REGION })),
    ] as const;
    // Also if one of them fails: what has started meanwhile must be known, to be stopped.
    await Promise.allSettled(starting);
    const [synthesized, dynamoDB, messaging] = await Promise.all(starting);

    let running: Runtime | undefined;
    const client = (url: string) => ({
      endpoint: url,
      region: REGION,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const archive = new Archive(state, client(messaging.url));
    opened.push(() => archive.close());
    const functions = new Map<string, LambdaFunction>();
    const calls = new Calls();
    const writes = new Doorbell();
    const directory = new Directory();
    const secrets = new Secrets(state);
    const callbacks = createCallbacks({
      state,
      publish: async (TopicArn, Message) => void (await services.sns.send(new PublishCommand({ TopicArn, Message }))),
    });
    const mailbox = createMailbox(state, callbacks, faults);
    const access = new Access({ region: REGION, accountId: ACCOUNT_ID, salt: data ?? randomUUID() });
    const issuer = new Issuer(keysIn(state), data !== undefined, () => `${endpointUrl}/issuer`);
    const control = createControl({
      about: () => ({ apiUrl: firstApi(), smsUrl, calls: calls.counts }),
      templates: () => running?.assembly.stacks ?? [],
      mappings: () => running?.mappings ?? [],
    });
    const endpoint = createEndpoint({
      dynamoDBUrl: dynamoDB.url,
      messagingUrl: messaging.url,
      functions,
      handlers: {
        secretsmanager: {
          service: 'secretsmanager',
          answer: (operation, request) => secrets.answer(operation, request),
        },
        Route53AutoNaming_v20170314: {
          service: 'servicediscovery',
          answer: (operation, request) => directory.answer(operation, request),
        },
        PinpointSMSVoiceV2: { service: 'sms-voice', answer: awsOf(mailbox, callbacks, access) },
      },
      calls,
      place: { region: REGION, accountId: ACCOUNT_ID },
      access,
      issuer,
      control,
      archive,
      onWrite: (request) => writes.ring(request),
      faults,
      meter,
    });
    const endpointUrl = await listen(endpoint, ports.aws ?? 0, 'the AWS endpoint');
    opened.push(() => close(endpoint));
    const gateways: Gateway[] = [];
    for (const [index, name] of ['gateway-1', 'gateway-2'].entries()) {
      const gateway = await startGateway(name, mailbox, callbacks, ports.sms ? ports.sms + index : 0);
      opened.push(gateway.stop);
      gateways.push(gateway);
    }
    const smsUrl = gateways[0]?.url ?? '';

    const grpc = await startGrpc({ apiUrl: () => firstApi(), port: ports.grpc ?? 0 });
    opened.push(grpc.stop);

    const logs = createLogs(folder);
    opened.push(logs.close);
    const onFailure = (failure: FailedInvocation) => {
      const log = logs.fileOf(failure.functionName);
      console.error(`${failure.functionName} failed, request ${failure.requestId}: ${failure.reason}. Its log: ${log}`);
      control.failed({ ...failure, at: new Date().toISOString(), log });
    };
    const apiUrls = new Map<string, string>();
    const firstApi = () => [...apiUrls.values()][0] ?? '';
    const services = {
      dynamodb: new DynamoDBClient(client(dynamoDB.url)),
      streams: new DynamoDBStreamsClient(client(dynamoDB.url)),
      sns: new SNSClient(client(messaging.url)),
      // A queue's URL names the host that was asked to make it.
      sqs: new SQSClient(client(endpointUrl)),
      pollingSqs: new SQSClient(client(faults ? endpointUrl : messaging.url)),
    };
    opened.push(() => {
      for (const service of Object.values(services)) service.destroy();
    });

    const documents = DynamoDBDocumentClient.from(services.dynamodb);

    const openApi = async (api: HttpApi): Promise<string> => {
      const known = apiUrls.get(api.id);
      if (known) return known;
      const port = ports.api ? ports.api + apiUrls.size : 0;
      const url = await listen(api.server, port, 'the API');
      opened.push(() => close(api.server));
      apiUrls.set(api.id, url);
      return url;
    };

    async function run(assemblyFolder: string): Promise<void> {
      const runtime: Runtime = {
        region: REGION,
        accountId: ACCOUNT_ID,
        endpointUrl,
        assembly: readAssembly(assemblyFolder),
        ...services,
        state,
        calls,
        writes,
        instanceLimit,
        faults,
        meter,
        log: logs.write,
        onFailure,
        access,
        issuer,
        archive,
        authorizers: new Map(),
        openApi,
        directory,
        secrets,
        callbacks,
        knownSecrets: {
          twilio: TWILIO,
          alibaba: ALIBABA,
          'http-webhooks': { key: WEBHOOK_KEYS.http },
          'alibaba-webhooks': { key: WEBHOOK_KEYS.alibaba },
        },
        environment,
        functions,
        apis: running?.apis ?? new Map(),
        mappings: [],
        checks: [],
      };
      running = runtime;
      access.clear();
      await deploy(runtime.assembly, {
        region: REGION,
        accountId: ACCOUNT_ID,
        providers: providers(runtime),
        ignored,
        parameters: {
          SmsGatewayUrl: `discover:${GATEWAY_SERVICE}`,
          TwilioUrl: smsUrl,
          AlibabaUrl: smsUrl,
          TokenIssuer: issuer.url,
          ...parameters,
        },
      });
      for (const check of runtime.checks) check();
      // They find the registry as everybody does: by its name.
      const { table } = directory.attributesOf('instances') ?? {};
      if (table) {
        const registry = createRegistry({ client: documents, tableName: table, now: () => new Date() });
        await Promise.all(gateways.map((gateway) => gateway.register(registry)));
      }
      for (const api of runtime.apis.values()) api.open();
      for (const mapping of runtime.mappings) mapping.start();
    }
    async function halt(): Promise<void> {
      await Promise.all((running?.mappings ?? []).map((mapping) => mapping.stop()));
      await Promise.all([...functions.values()].map((fn) => fn.stop()));
      for (const api of running?.apis.values() ?? []) api.clearRoutes();
      functions.clear();
    }
    opened.push(halt);
    await run(synthesized);
    callbacks.start();
    opened.push(callbacks.stop);

    return {
      endpointUrl,
      apiUrl: firstApi(),
      smsUrl,
      gateways,
      grpcUrl: grpc.url,
      issuer,
      access,
      functions,
      logs: logs.of,
      isIdle: () => !callbacks.isBusy() && [...functions.values()].every((fn) => !fn.isBusy),
      serve(site) {
        const [api] = running?.apis.values() ?? [];
        if (api) api.site = site;
      },
      async redeploy(changed) {
        await halt();
        await run(changed);
      },
      stop: shut,
    };
  } catch (error) {
    await shut();
    throw error;
  }
}
