import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { DiscoverInstancesCommand, ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { circuitsOf } from '@rollcall/kit/internal/resilience/dynamodb-circuit-store';
import { readSwitches } from '@rollcall/kit/internal/resilience/switches';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { describe, expect, it, onTestFinished } from 'vitest';
import { changedAssembly } from '../support/assembly.ts';
import { cloudOf, eventually, newPhone, smsEnvironment, type TestCloud } from '../support/cloud.ts';

async function register(cloud: TestCloud, members: number): Promise<string[]> {
  const phones = Array.from({ length: members }, newPhone);
  await Promise.all(
    phones.map(async (phone) => {
      const { status } = await cloud.request('POST', '/v1/members', { phone, name: 'Lucía', locale: 'es' });
      expect(status).toBe(201);
    }),
  );
  return phones;
}

/** Waits until each phone has an SMS. @returns the SMS to all phones */
const allTexts = (cloud: TestCloud, phones: readonly string[]) =>
  eventually(async () => {
    const texts = (await Promise.all(phones.map((phone) => cloud.texts(phone)))).flat();
    return texts.length >= phones.length && texts;
  });

async function circuits(cloud: TestCloud): Promise<Record<string, string>> {
  const { Items = [] } = await cloud.dynamodb.send(new ScanCommand({ TableName: 'rollcall-dev-circuits' }));
  return Object.fromEntries([...circuitsOf(Items)].map(([name, { state }]) => [name, state.is]));
}

const parked = async (cloud: TestCloud) => {
  const { Items = [] } = await cloud.dynamodb.send(
    new ScanCommand({ TableName: 'rollcall-dev-sms', IndexName: 'parked' }),
  );
  return Items;
};

/** An SMS gateway that fails until it is repaired. */
async function brokenGateway() {
  const texts = new Map<string, string>();
  let isRepaired = false;
  const server = createServer(async (request, response) => {
    const { to, text: content } = JSON.parse(await text(request)) as { to: string; text: string };
    if (!isRepaired) return void response.writeHead(503).end();
    texts.set(to, content);
    response.writeHead(202).end();
  });
  onTestFinished(() => close(server));
  return {
    url: await listen(server, 0, 'test'),
    texts,
    repair() {
      isRepaired = true;
    },
  };
}

describe('an SMS provider that fails', () => {
  it('is not called by any instance; the second provider is used; the first is probed and recovers', async () => {
    const gateway = await brokenGateway();
    const cloud = await cloudOf({ parameters: { SmsGatewayUrl: gateway.url } });
    await allTexts(cloud, await register(cloud, 10));
    expect((await circuits(cloud))['sms-http']).toBe('open');
    expect((await readSwitches(cloud.dynamodb, 'rollcall-dev-switches')).get('sms')).toMatchObject({
      mode: 'short-text',
      by: 'circuit sms-http',
    });

    gateway.repair();
    // An instance that has not read the open state yet may send an SMS before the probe.
    await eventually(async () => {
      const [phone = ''] = await register(cloud, 4);
      await eventually(async () => gateway.texts.has(phone) || (await cloud.texts(phone)).length > 0);
      return gateway.texts.get(phone)?.includes('bienvenida') && (await circuits(cloud))['sms-http'] === 'closed';
    });
    expect(await parked(cloud)).toEqual([]);
  });
});

describe('an SMS provider that does not respond', () => {
  it('never causes a function to time out, and no SMS is lost', async () => {
    const cloud = await cloudOf();
    for (const provider of ['http', 'twilio']) await cloud.breakSms(provider, 'hangs');
    const phones = await register(cloud, 10);
    await eventually(async () => {
      const { 'sms-http': first, 'sms-twilio': second } = await circuits(cloud);
      return first !== 'closed' && second !== 'closed';
    });
    const log = () => cloud.logs('rollcall-dev-sms-consume').join('\n');
    await eventually(async () => log().includes('circuit sms-http is open'));
    for (const provider of ['http', 'twilio']) await cloud.breakSms(provider);
    await allTexts(cloud, phones);
    expect(log().includes('Task timed out')).toBe(false);
    expect(await parked(cloud)).toEqual([]);
  });
});

describe('two SMS gateways that registered themselves', () => {
  it('share the SMS; if one gateway crashes under load, no SMS is lost', async () => {
    const cloud = await cloudOf({ environment: smsEnvironment({ providers: ['http'] }) });
    const before = await register(cloud, 10);
    await allTexts(cloud, before);
    const { 'gateway-1': first = 0, 'gateway-2': second = 0 } = await cloud.requestsByProvider();
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(0);
    const during = register(cloud, 20);
    await cloud.gateways[1]?.crash();
    const phones = await during;
    expect(await allTexts(cloud, phones)).toHaveLength(phones.length);
    expect(await parked(cloud)).toEqual([]);
  });

  it('while the registry is unreachable, are still called by instances that know them', async () => {
    // Uses a single instance, because an instance that starts while the registry is unreachable would not know any gateway.
    const assembly = await changedAssembly(['sms'], ({ Type, Properties }) => {
      if (Type === 'AWS::Lambda::EventSourceMapping') Properties.ScalingConfig = { MaximumConcurrency: 1 };
    });
    const cloud = await cloudOf({ assembly });
    await allTexts(cloud, await register(cloud, 2));
    await cloud.dynamodb.send(new DeleteTableCommand({ TableName: 'rollcall-dev-instances' }));
    await eventually(async () => {
      await allTexts(cloud, await register(cloud, 2));
      return cloud.logs('rollcall-dev-sms-consume').some((line) => line.includes('registry cannot be read'));
    });
    const texts = await allTexts(cloud, await register(cloud, 10));
    expect(new Set(texts.map(({ provider }) => provider))).toEqual(new Set(['http']));
  });
});

describe('an entry that the deployment registered', () => {
  it('is found by its name alone', async () => {
    const cloud = await cloudOf();
    const directory = new ServiceDiscoveryClient({
      endpoint: cloud.endpointUrl,
      region: 'us-east-1',
      credentials: { accessKeyId: 'another', secretAccessKey: 'team' },
      disableHostPrefix: true,
    });
    onTestFinished(() => directory.destroy());
    const find = async (ServiceName: string) => {
      const { Instances = [] } = await directory.send(
        new DiscoverInstancesCommand({ NamespaceName: 'rollcall-dev', ServiceName }),
      );
      return Instances.map(({ Attributes }) => Attributes);
    };
    expect(await find('member-events')).toEqual([
      {
        kind: 'topic',
        arn: 'arn:aws:sns:us-east-1:000000000000:rollcall-dev-member-events.fifo',
        format: 'application/json',
      },
    ]);
    expect(await find('points-commands')).toMatchObject([
      { kind: 'queue', url: expect.stringContaining('points-commands.fifo') },
    ]);
    expect(await find('api')).toEqual([{ kind: 'api', url: cloud.apiUrl }]);
    await expect(find('coupons')).rejects.toThrow('There is no service rollcall-dev/coupons.');
  });
});

describe('SMS at a rate that is agreed with their provider', () => {
  it('never exceed the rate, with any backlog', async () => {
    const perSecond = 5;
    const cloud = await cloudOf({ environment: smsEnvironment({ perMinute: perSecond * 60 }) });
    const start = Date.now();
    const texts = await allTexts(cloud, await register(cloud, 25));
    const times = texts.map(({ receivedAt }) => Date.parse(receivedAt)).toSorted((a, b) => a - b);
    // The tokens of one second are available at once. Each further SMS waits for new tokens; load only delays it more.
    for (const [index, at] of times.entries())
      expect(at - start).toBeGreaterThanOrEqual(((index + 1 - perSecond) / perSecond) * 1_000);
    expect(await parked(cloud)).toEqual([]);
  });
});
