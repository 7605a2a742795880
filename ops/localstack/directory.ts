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
  /** One of several of this name; else the only one, which has that name, too. */
  instance: z.string().optional(),
  description: z.string(),
  attributes: z.record(z.string(), z.string()),
});

export type Entry = z.output<typeof entry>;

/** Of all stacks of a stage, by the name of the stack, as the CDK CLI writes them. */
export type Outputs = Record<string, Record<string, string>>;

/** What is to be entered in Cloud Map, as the outputs of a stage say. */
export const entriesIn = (outputs: Outputs): Entry[] =>
  Object.values(outputs)
    .flatMap((stack) => Object.entries(stack))
    .filter(([name]) => name.startsWith(DIRECTORY_OUTPUT))
    .map(([, value]) => entry.parse(JSON.parse(value)));

/** The entries of a stage in Cloud Map, as long as its templates have none: ServiceDirectory. */
export function createDirectory(client: ServiceDiscoveryClient, namespace: string) {
  /** Cloud Map goes on by itself after it has answered. */
  async function done(OperationId: string | undefined): Promise<string> {
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

  async function removeService(ServiceId: string): Promise<void> {
    for await (const { Instances = [] } of paginateListInstances({ client }, { ServiceId })) {
      for (const { Id } of Instances) {
        const { OperationId } = await client.send(new DeregisterInstanceCommand({ ServiceId, InstanceId: Id }));
        await done(OperationId);
      }
    }
    await client.send(new DeleteServiceCommand({ Id: ServiceId }));
  }

  /** Nothing, if the stage has no entries. */
  async function remove(): Promise<void> {
    for (const Id of await namespaces()) {
      const Filters = [{ Name: 'NAMESPACE_ID' as const, Values: [Id] }];
      const pages = await Array.fromAsync(paginateListServices({ client }, { Filters }));
      for (const { Id: service = '' } of pages.flatMap(({ Services = [] }) => Services)) await removeService(service);
      const { OperationId } = await client.send(new DeleteNamespaceCommand({ Id }));
      await done(OperationId);
    }
  }

  return {
    remove,

    /** Puts these entries in the place of all that were there. */
    async enter(entries: readonly Entry[]): Promise<void> {
      await remove();
      const { OperationId } = await client.send(new CreateHttpNamespaceCommand({ Name: namespace }));
      const NamespaceId = await done(OperationId);
      for (const [Name = '', instances = []] of Map.groupBy(entries, ({ name }) => name)) {
        const Description = instances[0]?.description;
        const { Service } = await client.send(new CreateServiceCommand({ Name, Description, NamespaceId }));
        for (const { instance: InstanceId = Name, attributes: Attributes } of instances) {
          const registering = new RegisterInstanceCommand({ ServiceId: Service?.Id, InstanceId, Attributes });
          await done((await client.send(registering)).OperationId);
        }
      }
    },
  };
}
