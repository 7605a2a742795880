import { DiscoverInstancesCommand } from '@aws-sdk/client-servicediscovery';
import type { StageClients } from './clients.ts';

type ServiceEntry = { id: string; attributes: Record<string, string> };

/** The Cloud Map namespace in which a stage registers its services. */
export const namespaceOf = ({ app, name }: Pick<StageClients, 'app' | 'name'>) => `${app}-${name}`;

/** The entries that the deployment registered under the name of a service. */
export async function registeredEntries(stage: StageClients, service: string): Promise<ServiceEntry[]> {
  try {
    const { Instances = [] } = await stage.directory.send(
      new DiscoverInstancesCommand({ NamespaceName: namespaceOf(stage), ServiceName: service }),
    );
    return Instances.map(({ InstanceId = '', Attributes = {} }) => ({ id: InstanceId, attributes: Attributes }));
  } catch (error) {
    if (['NamespaceNotFound', 'ServiceNotFound'].includes((error as Error).name)) return [];
    throw error;
  }
}
