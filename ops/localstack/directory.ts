import {
  CreateHttpNamespaceCommand,
  CreateServiceCommand,
  DeleteNamespaceCommand,
  DeleteServiceCommand,
  DeregisterInstanceCommand,
  GetOperationCommand,
  paginateListInstances,
  paginateListNamespaces,
  paginateListServices,
  RegisterInstanceCommand,
  type ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery';
import { DIRECTORY_OUTPUT } from '@rollcall/cdk/internal/service-directory';
import * as z from 'zod';

const entry = z.strictObject({
  name: z.string(),
  /** Name of the instance. Default: the name of the service, which then has only this instance. */
  instance: z.string().optional(),
  description: z.string(),
  attributes: z.record(z.string(), z.string()),
});

export type Entry = z.output<typeof entry>;

/** The outputs of all stacks of a stage, by stack name, as the CDK CLI writes them. */
export type Outputs = Record<string, Record<string, string>>;

/** Reads the Cloud Map entries from the outputs of a stage. */
export const entriesIn = (outputs: Outputs): Entry[] =>
  Object.values(outputs)
    .flatMap((stack) => Object.entries(stack))
    .filter(([name]) => name.startsWith(DIRECTORY_OUTPUT))
    .map(([, value]) => entry.parse(JSON.parse(value)));

/**
 * Manages the Cloud Map entries of a stage, because LocalStack's CloudFormation does not create them. See
 * ServiceDirectory in packages/cdk.
 */
export function createDirectory(client: ServiceDiscoveryClient, namespace: string) {
  /**
   * Waits until an operation of Cloud Map has ended.
   * @returns the ID of the operation's namespace; empty if the operation has none
   * @throws {Error} if the operation failed
   */
  async function waitForOperation(OperationId: string | undefined): Promise<string> {
    for (;;) {
      const { Operation } = await client.send(new GetOperationCommand({ OperationId }));
      if (Operation?.Status === 'FAIL')
        throw new Error(`Cloud Map: ${Operation.ErrorMessage ?? Operation.ErrorCode ?? OperationId}`);
      if (Operation?.Status === 'SUCCESS') return Operation.Targets?.NAMESPACE ?? '';
    }
  }

  async function namespaces(): Promise<string[]> {
    const pages = await Array.fromAsync(paginateListNamespaces({ client }, {}));
    return pages.flatMap(({ Namespaces = [] }) =>
      Namespaces.flatMap(({ Name, Id = '' }) => (Name === namespace ? [Id] : [])),
    );
  }

  /** Ids by name. */
  async function servicesOf(namespaceId: string): Promise<Map<string, string>> {
    const Filters = [{ Name: 'NAMESPACE_ID' as const, Values: [namespaceId] }];
    const pages = await Array.fromAsync(paginateListServices({ client }, { Filters }));
    return new Map(pages.flatMap(({ Services = [] }) => Services).map(({ Name = '', Id = '' }) => [Name, Id]));
  }

  async function removeInstances(ServiceId: string, isKept: (id: string) => boolean): Promise<void> {
    for await (const { Instances = [] } of paginateListInstances({ client }, { ServiceId })) {
      for (const { Id = '' } of Instances.filter(({ Id = '' }) => !isKept(Id))) {
        const { OperationId } = await client.send(new DeregisterInstanceCommand({ ServiceId, InstanceId: Id }));
        await waitForOperation(OperationId);
      }
    }
  }

  async function removeService(Id: string): Promise<void> {
    await removeInstances(Id, () => false);
    await client.send(new DeleteServiceCommand({ Id }));
  }

  async function createNamespace(): Promise<string> {
    const { OperationId } = await client.send(new CreateHttpNamespaceCommand({ Name: namespace }));
    return waitForOperation(OperationId);
  }

  async function createService(Name: string, Description: string | undefined, NamespaceId: string): Promise<string> {
    const { Service } = await client.send(new CreateServiceCommand({ Name, Description, NamespaceId }));
    return Service?.Id ?? '';
  }

  return {
    /** Removes all entries and the namespace. Does nothing if the namespace does not exist. */
    async remove(): Promise<void> {
      for (const Id of await namespaces()) {
        for (const service of (await servicesOf(Id)).values()) await removeService(service);
        const { OperationId } = await client.send(new DeleteNamespaceCommand({ Id }));
        await waitForOperation(OperationId);
      }
    },

    /**
     * Replaces all entries. An entry that is also among the new entries is never removed, so that a lookup always
     * finds it.
     */
    async replaceEntries(entries: readonly Entry[]): Promise<void> {
      const [namespaceId = await createNamespace()] = await namespaces();
      const found = await servicesOf(namespaceId);
      const wanted = Map.groupBy(entries, ({ name }) => name);
      for (const [name, instances] of wanted) {
        const ServiceId = found.get(name) ?? (await createService(name, instances[0]?.description, namespaceId));
        const ids = new Set(instances.map(({ instance = name }) => instance));
        // If the instance exists, this call replaces its attributes
        // (https://docs.aws.amazon.com/cloud-map/latest/api/API_RegisterInstance.html).
        for (const { instance: InstanceId = name, attributes: Attributes } of instances) {
          const registering = new RegisterInstanceCommand({ ServiceId, InstanceId, Attributes });
          await waitForOperation((await client.send(registering)).OperationId);
        }
        await removeInstances(ServiceId, (id) => ids.has(id));
      }
      for (const [name, id] of found) if (!wanted.has(name)) await removeService(id);
    },
  };
}
