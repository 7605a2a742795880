import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiscoverInstancesCommand, ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { startCloud } from '@rollcall/local/internal/cloud';
import type { TemplateResource } from '@rollcall/local/internal/template/assembly';
import { expect, it, onTestFinished } from 'vitest';

type Resources = Record<string, TemplateResource>;

/** An assembly of these stacks, in this order. */
function assembly(...stacks: Resources[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-assembly-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (file: string, content: unknown) => writeFileSync(join(folder, file), JSON.stringify(content));
  const files = stacks.map((Resources, index) => {
    const templateFile = `stack-${index}.template.json`;
    write(templateFile, { Resources });
    return [`stack-${index}`, { type: 'aws:cloudformation:stack', properties: { templateFile } }];
  });
  write('manifest.json', { artifacts: Object.fromEntries(files) });
  return folder;
}

/** Registers the subscribers of a topic the way ServiceDirectory does. */
const subscribers = (...names: string[]): Resources => ({
  Namespace: { Type: 'AWS::ServiceDiscovery::HttpNamespace', Properties: { Name: 'shop-dev' } },
  List: {
    Type: 'AWS::ServiceDiscovery::Service',
    Properties: { Name: 'events-subscribers', NamespaceId: { Ref: 'Namespace' } },
  },
  ...Object.fromEntries(
    names.map((InstanceId) => [
      InstanceId,
      {
        Type: 'AWS::ServiceDiscovery::Instance',
        Properties: { ServiceId: { Ref: 'List' }, InstanceId, InstanceAttributes: { kind: 'subscriber' } },
      },
    ]),
  ),
});

const UNKNOWN: Resources = { Unknown: { Type: 'Test::Unknown' } };

/** A cloud with these subscribers, and the instances that its directory returns. */
async function cloudWith(...names: string[]) {
  const cloud = await startCloud({ assembly: assembly(subscribers(...names)) });
  onTestFinished(cloud.stop);
  const client = new ServiceDiscoveryClient({
    endpoint: cloud.endpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'another', secretAccessKey: 'team' },
    disableHostPrefix: true,
  });
  onTestFinished(() => client.destroy());
  const registeredInstances = async () => {
    const input = { NamespaceName: 'shop-dev', ServiceName: 'events-subscribers' };
    const { Instances = [] } = await client.send(new DiscoverInstancesCommand(input));
    return Instances.map(({ InstanceId }) => InstanceId).toSorted();
  };
  return { cloud, registeredInstances };
}

it('a redeployment removes from the directory the subscribers that are no longer deployed', async () => {
  const { cloud, registeredInstances } = await cloudWith('guide', 'sms');
  expect(await registeredInstances()).toEqual(['guide', 'sms']);
  await cloud.redeploy(assembly(subscribers('points', 'sms')));
  expect(await registeredInstances()).toEqual(['points', 'sms']);
});

it('a failed redeployment leaves the directory unchanged', async () => {
  const { cloud, registeredInstances } = await cloudWith('guide', 'sms');
  // The deployment fails at its first stack.
  await expect(cloud.redeploy(assembly(UNKNOWN, subscribers('guide', 'sms')))).rejects.toThrow('Test::Unknown');
  expect(await registeredInstances()).toEqual(['guide', 'sms']);
  // The deployment fails at its last stack.
  await expect(cloud.redeploy(assembly(subscribers('sms'), UNKNOWN))).rejects.toThrow('Test::Unknown');
  expect(await registeredInstances()).toEqual(['guide', 'sms']);
});
