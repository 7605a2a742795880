import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  CreateHttpNamespaceCommand,
  CreateServiceCommand,
  DeleteNamespaceCommand,
  DeleteServiceCommand,
  DeregisterInstanceCommand,
  GetOperationCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  ListServicesCommand,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery';
import { resolvableHere } from 'rollcall/internal/stage/issuer';
import { describe, expect, it, vi } from 'vitest';
import { hostNameFor, reachable, shellWord } from '../../ops/localstack/address.ts';
import { createDirectory } from '../../ops/localstack/directory.ts';
import { apiUrlOf, entriesOf, nextSteps } from '../../ops/localstack/next-steps.ts';

const run = promisify(execFile);
const basePath = '/_aws/execute-api/{api}/$default';
const endpoint = 'http://127.0.0.1:4566';

describe('an address of an API', () => {
  it.each([
    ['https://abc123.execute-api.us-east-1.amazonaws.com', ''],
    ['https://abc123.execute-api.cn-north-1.amazonaws.com.cn/v1', '/v1'],
    ['http://abc123.execute-api.localhost:4566', ''],
    ['https://abc123.execute-api.localhost.localstack.cloud:4566/v1?a=b', '/v1?a=b'],
  ])('%s is replaced by a URL below the base path of the endpoint', (url, rest) => {
    expect(reachable(url, `${endpoint}/`, basePath)).toBe(
      `http://127.0.0.1:4566/_aws/execute-api/abc123/$default${rest}`,
    );
  });

  it.each([
    'http://127.0.0.1:4000',
    'https://api.example.com/v1',
    'arn:aws:sns:us-east-1:000000000000:member-events.fifo',
    'https://example.com/?of=https://abc123.execute-api.us-east-1.amazonaws.com',
  ])('is not recognized in %s', (other) => {
    expect(reachable(other, endpoint, basePath)).toBe(other);
  });
});

describe('this machine', () => {
  it('is host.docker.internal for LocalStack, and 127.0.0.1 for other emulators', () => {
    expect(hostNameFor(new Headers({ 'x-localstack': '2026.6.1' }))).toBe('host.docker.internal');
    expect(hostNameFor(new Headers({ server: 'other' }))).toBe('127.0.0.1');
  });

  it('is 127.0.0.1, not host.docker.internal, in URLs that a program on this machine calls', () => {
    expect(resolvableHere('http://host.docker.internal:4030/issuer')).toBe('http://127.0.0.1:4030/issuer');
    expect(resolvableHere('https://login.example.com')).toBe('https://login.example.com');
    expect(resolvableHere('http://host.docker.internal.example.com')).toBe('http://host.docker.internal.example.com');
  });
});

it.each(['$default', "it's", 'a b', '`id` "$HOME" \\', ''])('%j is quoted as one word for a shell', async (text) => {
  const { stdout } = await run('sh', ['-c', `printf '%s|' ${shellWord(text)}`]);
  expect(stdout).toBe(`${text}|`);
});

const outputs = {
  'rollcall-localstack-operations': { Version: '0.1.0' },
  'rollcall-localstack-foundation': {
    ApiUrl: 'https://abc123.execute-api.us-east-1.amazonaws.com',
    Directoryapi: JSON.stringify({
      name: 'api',
      description: 'The API',
      attributes: { kind: 'api', url: 'https://abc123.execute-api.us-east-1.amazonaws.com' },
    }),
    Directorymemberevents: JSON.stringify({
      name: 'member-events',
      description: 'Events',
      attributes: { arn: 'arn:aws:sns:us-east-1:000000000000:member-events.fifo' },
    }),
  },
};
const deployed = { endpoint, basePath, outputs };
const API_URL = 'http://127.0.0.1:4566/_aws/execute-api/abc123/$default';

describe('after a deployment', () => {
  it('the directory gets the entries of the outputs, with reachable addresses', () => {
    expect(entriesOf(deployed)).toEqual([
      { name: 'api', description: 'The API', attributes: { kind: 'api', url: API_URL } },
      {
        name: 'member-events',
        description: 'Events',
        attributes: { arn: 'arn:aws:sns:us-east-1:000000000000:member-events.fifo' },
      },
    ]);
  });

  it('the printed command sets the URL and a token of the stage in a shell', async () => {
    const steps = nextSteps(deployed, { sandbox: 'http://127.0.0.1:4010', issuer: 'http://127.0.0.1:4030/issuer' });
    const [line = ''] = steps.split('\n').filter((one) => one.includes('API_URL='));
    const pasted = `npm() { if [ "$1" = run ] && [ "$2" = --silent ]; then echo "token for $*"; else printf '%s|' "$API_URL" "$API_TOKEN"; fi; }\n${line}`;
    const { stdout } = await run('sh', ['-c', pasted]);
    expect(stdout).toBe(
      `${API_URL}|token for run --silent ops -- token --stage localstack --endpoint http://127.0.0.1:4566|`,
    );
    expect(steps).toContain('npm run sms-sandbox');
    expect(steps).toMatch(/npm run ops -- issuer$/m);
  });

  it('the steps start the issuer under the URL that the cloud uses, and omit services that run elsewhere', () => {
    const inContainer = nextSteps(deployed, { issuer: 'http://host.docker.internal:4030/issuer' });
    expect(inContainer).toContain("npm run ops -- issuer --url 'http://host.docker.internal:4030/issuer'");
    const elsewhere = nextSteps(deployed, {});
    expect(elsewhere).not.toMatch(/sms-sandbox|ops -- (issuer|token)/);
    expect(elsewhere).toContain('API_TOKEN=…');
  });

  it('a missing URL of the API is an error, which says to deploy again', () => {
    expect(() => apiUrlOf({ ...deployed, outputs: {} })).toThrow('Deploy again');
  });
});

/** A model of Cloud Map, with the calls that write and remove the directory. */
function cloudMap() {
  const namespaces = new Map<string, string>();
  const services = new Map<string, { name: string; of: string; instances: Map<string, object> }>();
  let ids = 0;
  const done = { OperationId: 'done' };
  const answers = new Map<unknown, (input: any) => object>([
    [ListNamespacesCommand, () => ({ Namespaces: [...namespaces].map(([Id, Name]) => ({ Id, Name })) })],
    [
      CreateHttpNamespaceCommand,
      ({ Name }) => {
        namespaces.set(`ns-${++ids}`, Name);
        return { OperationId: `ns-${ids}` };
      },
    ],
    [
      GetOperationCommand,
      ({ OperationId }) => ({ Operation: { Status: 'SUCCESS', Targets: { NAMESPACE: OperationId } } }),
    ],
    [
      ListServicesCommand,
      ({ Filters: [{ Values }] }) => ({
        Services: [...services]
          .filter(([, { of }]) => Values.includes(of))
          .map(([Id, { name }]) => ({ Id, Name: name })),
      }),
    ],
    [
      CreateServiceCommand,
      ({ Name, NamespaceId }) => {
        services.set(`srv-${++ids}`, { name: Name, of: NamespaceId, instances: new Map() });
        return { Service: { Id: `srv-${ids}` } };
      },
    ],
    [
      ListInstancesCommand,
      ({ ServiceId }) => ({ Instances: [...(services.get(ServiceId)?.instances.keys() ?? [])].map((Id) => ({ Id })) }),
    ],
    [
      RegisterInstanceCommand,
      ({ ServiceId, InstanceId, Attributes }) => {
        services.get(ServiceId)?.instances.set(InstanceId, Attributes);
        return done;
      },
    ],
    [
      DeregisterInstanceCommand,
      ({ ServiceId, InstanceId }) => {
        services.get(ServiceId)?.instances.delete(InstanceId);
        return done;
      },
    ],
    [
      DeleteServiceCommand,
      ({ Id }) => {
        if (services.get(Id)?.instances.size) throw new Error('ResourceInUse');
        services.delete(Id);
        return {};
      },
    ],
    [
      DeleteNamespaceCommand,
      ({ Id }) => {
        if ([...services.values()].some(({ of }) => of === Id)) throw new Error('ResourceInUse');
        namespaces.delete(Id);
        return done;
      },
    ],
  ]);
  const client = new ServiceDiscoveryClient({ region: 'us-east-1' });
  /** The registered instances after each call. */
  const seen: ReturnType<typeof registered>[] = [];
  vi.spyOn(client, 'send').mockImplementation(async (command: any) => {
    const answer = answers.get(command.constructor)?.(command.input);
    seen.push(registered());
    return answer;
  });
  const registered = () =>
    [...services.values()].flatMap(({ name, of, instances }) =>
      [...instances].map(([instance, attributes]) => ({ namespace: namespaces.get(of), name, instance, attributes })),
    );
  return { client, registered, namespaces, seen };
}

describe('the directory', () => {
  it('replaces its entries at each deployment and can remove them, without changing the entries of other directories', async () => {
    const { client, registered, namespaces } = cloudMap();
    const other = createDirectory(client, 'rollcall-other');
    await other.replaceEntries([{ name: 'api', description: '', attributes: { url: 'other' } }]);
    const directory = createDirectory(client, 'rollcall-localstack');
    await directory.replaceEntries([{ name: 'gone', description: '', attributes: { kind: 'queue' } }]);
    const subscriber = { name: 'events-subscribers', description: '', attributes: { kind: 'subscriber' } };
    await directory.replaceEntries([
      { ...subscriber, instance: 'guide' },
      { name: 'api', description: '', attributes: { url: API_URL } },
      { ...subscriber, instance: 'sms' },
    ]);
    const others = { namespace: 'rollcall-other', name: 'api', instance: 'api', attributes: { url: 'other' } };
    const own = { namespace: 'rollcall-localstack' };
    const subscription = { ...own, name: 'events-subscribers', attributes: { kind: 'subscriber' } };
    expect(registered()).toEqual([
      others,
      { ...subscription, instance: 'guide' },
      { ...subscription, instance: 'sms' },
      { ...own, name: 'api', instance: 'api', attributes: { url: API_URL } },
    ]);
    await directory.remove();
    expect(registered()).toEqual([others]);
    expect([...namespaces.values()]).toEqual(['rollcall-other']);
  });

  it('keeps unchanged entries registered throughout a deployment', async () => {
    const { client, registered, seen } = cloudMap();
    const directory = createDirectory(client, 'rollcall-localstack');
    const subscriber = { name: 'events-subscribers', description: '', attributes: { kind: 'subscriber' } };
    const subscribed = (instance: string) => ({ ...subscriber, instance });
    const [gone, stays, joins] = [subscribed('guide'), subscribed('points'), subscribed('sms')];
    const api = (url: string) => ({ name: 'api', description: '', attributes: { url } });
    await directory.replaceEntries([gone, stays, api('before')]);
    seen.length = 0;
    await directory.replaceEntries([stays, joins, api(API_URL)]);
    expect(seen.length).toBeGreaterThan(0);
    for (const entries of seen) {
      const found = entries.map(({ instance }) => instance);
      expect(found).toEqual(expect.arrayContaining(['points', 'api']));
      expect(found.length).toBeGreaterThanOrEqual(3);
    }
    expect(registered()).toEqual([
      {
        namespace: 'rollcall-localstack',
        name: 'events-subscribers',
        instance: 'points',
        attributes: subscriber.attributes,
      },
      {
        namespace: 'rollcall-localstack',
        name: 'events-subscribers',
        instance: 'sms',
        attributes: subscriber.attributes,
      },
      { namespace: 'rollcall-localstack', name: 'api', instance: 'api', attributes: { url: API_URL } },
    ]);
  });
});
